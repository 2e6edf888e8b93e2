// Draws the districts of the page's table, with the numbers that stand in it. Without this the table is all there is.
"use strict";
const board = document.getElementById("map");
if (board && window.L) {
  board.hidden = false;
  const map = L.map(board, { attributionControl: false, zoomSnap: .25, maxZoom: 18, zoomAnimation: false, fadeAnimation: false });
  const drawn = L.featureGroup(), escaped = document.createElement("span");
  const safe = (text) => { escaped.textContent = text; return escaped.innerHTML; };
  for (const row of document.querySelectorAll("#districts tr[data-rings]")) {
    const { rings, shade } = row.dataset, link = row.querySelector("a");
    const shape = L.polygon(JSON.parse(rings), { className: "area shade-" + shade + ("schematic" in row.dataset ? " schematic" : ""), weight: 1 });
    const said = row.cells[1].querySelector("[dir], [aria-hidden]");
    shape.bindTooltip(safe(link.textContent + ": " + said.textContent.trim()));
    shape.on("click", () => { location.href = link.href; });
    shape.addTo(drawn);
  }
  drawn.addTo(map);
  if (drawn.getLayers().length) map.fitBounds(drawn.getBounds(), { padding: [16, 16], animate: false });
  else board.hidden = true;
  board.dataset.ready = drawn.getLayers().length;
}
