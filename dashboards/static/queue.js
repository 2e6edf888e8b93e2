// The queue by keyboard. Everything works without it: each line has its box, and each action its button.
"use strict";
const form = document.getElementById("queue");
const lines = [...document.querySelectorAll("[data-line]")];
const boxes = lines.map((line) => line.querySelector("input[type=checkbox]"));
let at = -1;

const go = (to) => {
  if (!lines.length) return;
  at = Math.min(Math.max(to, 0), lines.length - 1);
  lines[at].querySelector("a.open").focus();
};
lines.forEach((line, n) => line.addEventListener("focusin", () => { at = n; }));
// back from a decision: the line that moved up to where the last one was
const came = location.hash.match(/^#row-(\d+)$/);
if (came) go(Number(came[1]));
// what was left alone is said beside that line: a notice above the list would be out of sight
const left = document.querySelector(".deed.fault");
if (left && at >= 0) {
  lines[at].querySelector("div").prepend(left);
  left.scrollIntoView({ block: "nearest" });
}

const press = (button) => {
  if (button.name === "do" && lines.length) {
    const here = Math.max(at, 0);
    if (!boxes.some((box) => box.checked)) boxes[here].checked = true;
    const before = boxes.slice(0, here).filter((box) => box.checked).length;
    form.elements.at.value = String(here - before);
  }
  button.click();
};
const moves = {
  j: () => go(at + 1),
  k: () => go(at - 1),
  x: () => { if (at >= 0) boxes[at].click(); },
  a: () => { const all = boxes.every((box) => box.checked); boxes.forEach((box) => { box.checked = !all; }); },
  e: () => { if (at >= 0) lines[at].querySelector("a.read")?.click(); },
  "?": () => { const help = document.getElementById("keys"); help.open = !help.open; help.querySelector("summary").focus(); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
  const typing = event.target.matches("textarea, select, input:not([type=checkbox])");
  if (typing && event.key !== "Escape") return;
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"], a[data-key="${CSS.escape(event.key)}"]`);
  if (button) press(button);
  else if (event.key in moves && (lines.length || event.key === "?")) moves[event.key]();
  else return;
  event.preventDefault();
});
