// Draws what the page's tables say: areas by shade, and signs for needs, for kinds of need that many report at once, and for works. Signs
// of places that lie close together at a zoom are gathered into one of each kind. One reads it without seeing it in the tables.
"use strict";
const board = document.getElementById("map"), CLOSE = 68, NAMED = 4;
if (board && window.L) {
  const map = L.map(board, { attributionControl: false, zoomSnap: .25, maxZoom: 18, zoomAnimation: false, fadeAnimation: false });
  L.control.scale({ imperial: false }).addTo(map);
  const words = board.dataset, way = document.documentElement.dir || "ltr";
  const said = (lines) => {
    const box = document.createElement("div");
    box.dir = way;
    for (const line of lines) box.appendChild(document.createElement("div")).textContent = line;
    return box;
  };
  const counts = (area) => words.needs + ": " + area.needs + " · " + words.uncovered + ": " + area.uncovered;
  const signs = L.layerGroup();

  // where each place is, and what its signs count; those with most needs first, which gather the others around them
  const placesOf = (told, middles) => {
    const places = new Map();
    const at = (code, where, name) => {
      if (!places.has(code)) places.set(code, { at: where, code, name, needs: 0, uncovered: 0, clusters: [], works: [] });
      return places.get(code);
    };
    told.areas.forEach((area, n) => {
      const place = at(area.code, middles[n], area.name);
      place.needs = area.needs;
      place.uncovered = area.uncovered;
    });
    for (const one of told.clusters) at(one.place, L.latLng(one.at), one.name).clusters.push(one);
    for (const work of told.works) at(work.place, L.latLng(work.at), work.name).works.push(work);
    return [...places.values()].filter((place) => place.needs || place.clusters.length || place.works.length)
      .sort((a, b) => b.needs - a.needs || b.clusters.length - a.clusters.length || (a.code < b.code ? -1 : 1));
  };

  const gathered = (places) => {
    const groups = [], pixels = new Map(), square = (x, y) => x + ";" + y;
    for (const place of places) {
      const point = map.project(place.at), x = Math.floor(point.x / CLOSE), y = Math.floor(point.y / CLOSE);
      let near = null;
      for (let dx = -1; dx < 2; dx++) for (let dy = -1; dy < 2; dy++)
        for (const group of pixels.get(square(x + dx, y + dy)) || [])
          if (point.distanceTo(group.point) < CLOSE && (!near || point.distanceTo(group.point) < point.distanceTo(near.point))) near = group;
      if (near) { near.places.push(place); continue; }
      const group = { point, at: place.at, places: [place] };
      groups.push(group);
      pixels.set(square(x, y), [...pixels.get(square(x, y)) || [], group]);
    }
    return groups;
  };

  // opens what it counts where that is in one place, else looks nearer
  const sign = (group, kind, shown, lines, there, alone, anchor) => {
    const icon = L.divIcon({ className: "sign " + kind, html: "<span>" + shown + "</span>", iconSize: [34, 34], iconAnchor: anchor });
    const only = there.length === 1, marker = L.marker(group.at, { icon, keyboard: true, riseOnHover: true });
    const follow = () => {
      if (only || map.getZoom() >= map.getMaxZoom()) location.href = alone;
      else map.fitBounds(L.latLngBounds(there.map((place) => place.at)), { padding: [60, 60], animate: false });
    };
    marker.on("click", follow).on("keypress", (press) => { if (press.originalEvent.key === "Enter") follow(); });
    marker.bindTooltip(said(lines), { direction: "top", offset: [0, -14] });
    signs.addLayer(marker);
    const drawn = marker.getElement();
    drawn.setAttribute("role", "link");
    drawn.setAttribute("aria-label", [...lines, ...(only ? [] : [words.nearer])].join(". "));
  };

  const shorten = (names) => names.length > NAMED ? [...names.slice(0, NAMED), "…"] : names;
  const draw = (places) => {
    const focused = document.activeElement?.classList.contains("sign") ? board : null;
    signs.clearLayers();
    for (const group of gathered(places)) {
      const all = group.places, sum = (name) => all.reduce((so, place) => so + place[name], 0);
      const clusters = all.flatMap((place) => place.clusters), works = all.flatMap((place) => place.works), needs = sum("needs");
      const withNeeds = all.filter((place) => place.needs), having = (kind) => all.filter((place) => place[kind].length);
      if (needs) sign(group, "needs size-" + Math.min(3, String(needs).length), needs,
        [counts({ needs, uncovered: sum("uncovered") }), ...shorten(withNeeds.map((place) => place.name))],
        withNeeds, words.list + encodeURIComponent(withNeeds[0].code), [17, 17]);
      if (works.length) sign(group, "works", works.length,
        [words.works + ": " + works.length, ...shorten(works.map((work) => work.name + " (" + work.id + ")"))],
        having("works"), words.sheet + encodeURIComponent(works[0].place), [-6, 10]);
      if (clusters.length) sign(group, "clusters", "!" + (clusters.length > 1 ? clusters.length : ""),
        [words.clusters, ...shorten(clusters.map((one) => one.name + ": " + one.said))],
        having("clusters"), words.need + encodeURIComponent(clusters[0].need), [40, 24]);
    }
    if (focused) focused.focus();
  };

  fetch(words.areas).then((answer) => answer.json()).then((told) => {
    const drawn = L.featureGroup();
    for (const area of told.areas) {
      const shape = L.polygon(area.rings, { className: "area shade-" + area.shade + (area.schematic ? " schematic" : ""), weight: 1 });
      shape.bindTooltip(said([area.name, counts(area)]));
      if (area.needs) shape.on("click", () => { location.href = words.list + encodeURIComponent(area.code); });
      shape.addTo(drawn);
    }
    drawn.addTo(map);
    // where most areas are: a few large ones outside the town would make all others too small to see
    const middles = told.areas.map((area) => L.latLngBounds(area.rings.flat(2)).getCenter());
    const middle = (name, share) => middles.map((at) => at[name]).sort((a, b) => a - b)[Math.floor((middles.length - 1) * share)];
    if (middles.length) map.fitBounds([[middle("lat", .03), middle("lng", .03)], [middle("lat", .97), middle("lng", .97)]], { padding: [24, 24], animate: false });
    const places = placesOf(told, middles);
    signs.addTo(map);
    draw(places);
    map.on("zoomend", () => draw(places));
    for (const box of document.querySelectorAll("#legend [data-shows]")) {
      box.hidden = false;
      const show = () => board.classList.toggle("without-" + box.dataset.shows, !box.checked);
      box.addEventListener("change", show);
      show();
    }
    performance.mark("map drawn");
    board.dataset.ready = told.areas.length;
  }).catch(() => { board.hidden = true; });
}
