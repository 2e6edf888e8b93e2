// Draws the areas of the page's table. Everything on the map stands in the table too, which is how one reads it without seeing it.
"use strict";
const board = document.getElementById("map");
if (board && window.L) {
  const map = L.map(board, { attributionControl: false, zoomSnap: .25, maxZoom: 18, zoomAnimation: false, fadeAnimation: false });
  L.control.scale({ imperial: false }).addTo(map);
  const words = board.dataset, escaped = document.createElement("span");
  const safe = (text) => { escaped.textContent = text; return escaped.innerHTML; };
  fetch(words.areas).then((answer) => answer.json()).then((told) => {
    const drawn = L.featureGroup();
    for (const area of told.areas) {
      const shape = L.polygon(area.rings, { className: "area shade-" + area.shade + (area.schematic ? " schematic" : ""), weight: 1 });
      shape.bindTooltip(safe(area.name) + ": " + area.needs + " " + safe(words.needs) + ", " + area.uncovered + " " + safe(words.uncovered));
      if (area.needs) shape.on("click", () => { location.href = words.list + encodeURIComponent(area.code); });
      shape.addTo(drawn);
    }
    for (const work of told.works)
      L.circleMarker(work.at, { radius: 4, weight: 1, className: "work" }).bindTooltip(safe(work.name) + " (" + safe(work.id) + ")").addTo(drawn);
    drawn.addTo(map);
    // where most areas are: a few large ones outside the town would make all others too small to see
    const middles = told.areas.map((area) => L.latLngBounds(area.rings.flat(2)).getCenter());
    const middle = (name, share) => middles.map((at) => at[name]).sort((a, b) => a - b)[Math.floor((middles.length - 1) * share)];
    if (middles.length) map.fitBounds([[middle("lat", .03), middle("lng", .03)], [middle("lat", .97), middle("lng", .97)]], { padding: [24, 24], animate: false });
    board.dataset.ready = told.areas.length;
  }).catch(() => { board.hidden = true; });
}
