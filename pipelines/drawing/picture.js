// Shows the words of a picture's marks: under the pointer, and by the arrow keys once a picture has the focus.
(() => {
  const tip = document.createElement("div");
  tip.className = "tip"; tip.hidden = true; tip.setAttribute("role", "status");
  document.body.append(tip);
  let lit = null;
  const hide = () => { tip.hidden = true; if (lit) lit.classList.remove("at"); lit = null; };
  const show = (mark) => {
    hide(); lit = mark; mark.classList.add("at");
    tip.textContent = mark.dataset.says; tip.hidden = false;
    const box = mark.getBoundingClientRect(), own = tip.getBoundingClientRect(), wide = document.documentElement.clientWidth;
    const row = box.width > wide / 3, beside = box.right + 8 + own.width < wide ? box.right + 8 : box.left - own.width - 8;
    const left = row ? Math.min(box.left, wide - own.width - 4) : beside;
    const top = row ? box.top - own.height - 4 : box.top + Math.min(box.height, 60) / 2 - own.height / 2;
    tip.style.left = `${Math.max(4, left) + scrollX}px`;
    tip.style.top = `${Math.max(4, top) + scrollY}px`;
  };
  for (const picture of document.querySelectorAll("svg.picture")) {
    const marks = [...picture.querySelectorAll("title")].map((title) => {
      const mark = title.parentNode;
      mark.dataset.says = title.textContent; title.remove();
      mark.addEventListener("pointerenter", () => show(mark));
      mark.addEventListener("click", () => show(mark));
      return mark;
    });
    picture.addEventListener("pointerleave", hide);
    picture.addEventListener("blur", hide);
    picture.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
      if (event.key === "Escape") hide();
      if (!step || !marks.length) return;
      event.preventDefault();
      const from = marks.indexOf(lit), last = marks.length - 1;
      show(marks[from < 0 && step > 0 && step < 2 ? 0 : Math.min(last, Math.max(0, (from < 0 ? last + 1 : from) + step))]);
    });
  }
})();
