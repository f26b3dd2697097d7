// Bootstrap ships no types; the shell only passes its classes on.
declare module "bootstrap/js/src/*.js" {
  const component: unknown;
  export default component;
}
