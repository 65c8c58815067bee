// Shows the value beside a slider, sends a form when a pointer lets go of one, leaves out of the address what
// rests, and lets a click on a quarter of a picture follow the link that a table has for it.
(() => {
  const at = "desk-slider";
  for (const form of document.querySelectorAll("form")) {
    form.addEventListener("formdata", (event) => {
      for (const field of form.elements) {
        if (field.name && (field.value.trim() === "" || field.value === field.dataset.rests)) event.formData.delete(field.name);
      }
    });
    for (const slider of form.querySelectorAll("input[type=range]")) {
      const output = slider.parentNode.querySelector("output");
      let held = false;
      slider.addEventListener("input", () => { output.textContent = slider.value + (output.dataset.unit || ""); });
      slider.addEventListener("pointerdown", () => { held = true; });
      slider.addEventListener("change", () => {
        if (!held) return;  // arrow keys move on; the button sends then
        held = false;
        sessionStorage.setItem(at, slider.id);
        form.requestSubmit();
      });
    }
  }
  const behind = new Map([...document.querySelectorAll("main a")].map((each) => [each.textContent, each]));
  for (const mark of document.querySelectorAll("svg.picture [data-says]")) {
    const quarter = mark.dataset.says.match(/^(\d{4}) ?(Q[1-4])/);
    const into = quarter && behind.get(quarter[1] + quarter[2]);
    if (!into) continue;
    mark.classList.add("into");
    mark.addEventListener("click", () => into.click());
  }
  const last = document.getElementById(sessionStorage.getItem(at) || "");
  sessionStorage.removeItem(at);
  if (last) last.focus();
})();
