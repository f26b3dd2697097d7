// The shell's scripts. A placeholder until the shell is written.

import "htmx.org";
