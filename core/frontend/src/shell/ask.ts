/** A question in the page's own dialog (#confirm-dialog of base.html), answered yes or no. */

export function ask(question: string): Promise<boolean> {
  const dialog = document.querySelector<HTMLDialogElement>("#confirm-dialog");
  if (!dialog) return Promise.resolve(false);
  dialog.querySelector("[data-confirm-question]")!.textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
