// Offers places while a person types. Everything works without it: the form itself answers with what it found.
"use strict";
for (const field of document.querySelectorAll("input[data-places]")) {
  const list = document.getElementById(field.getAttribute("list"));
  let asked = "", timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const find = field.value.trim();
      if (find.length < 2 || find === asked || find.endsWith(")")) return;
      asked = find;
      try {
        const answer = await fetch(field.dataset.places + "?find=" + encodeURIComponent(find));
        const found = await answer.json();
        if (asked !== find) return;
        list.replaceChildren(...found.map((place) => {
          const option = document.createElement("option");
          option.value = place.value;
          option.label = place.label ? place.value + " · " + place.label : place.value;
          return option;
        }));
      } catch { /* signed out, or the box is away: the form says so when it is sent */ }
    }, 150);
  });
}
