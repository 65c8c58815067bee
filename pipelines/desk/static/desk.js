// Shows the value beside a slider, sends a form when a pointer lets go of one, and leaves out of the address what rests.
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
  const last = document.getElementById(sessionStorage.getItem(at) || "");
  sessionStorage.removeItem(at);
  if (last) last.focus();
})();
