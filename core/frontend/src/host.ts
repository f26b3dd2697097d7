// `@ramal/host`: what a plugin's scripts may use of the shell. A placeholder until the shell is written.

export const version = "0.1.0";
