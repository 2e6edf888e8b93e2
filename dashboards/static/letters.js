// Says how many characters a field still takes, in the words that its hint brings; without this the hint says how many there are in all.
"use strict";
for (const hint of document.querySelectorAll("[data-left]")) {
  const field = document.querySelector('[aria-describedby="' + hint.id + '"]');
  const tell = () => { hint.textContent = hint.dataset.left.replace("@", field.maxLength - field.value.length); };
  field.addEventListener("input", tell);
  tell();
}
