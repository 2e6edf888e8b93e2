// Draws each chart from the table that it names: the numbers are the table's, and without this the table is all there is.
"use strict";
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rtl = document.dir === "rtl";
const MOST = 8;  // lines that can be told apart
const PALETTE = () => ["--slice-1", "--slice-2", "--slice-3", "--slice-4", "--slice-5", "--slice-6", "--slice-7", "--slice-8"].map(colour);

const words = (cell) => (cell.querySelector("[data-name]") ?? cell).textContent.trim().replace(/\s+/g, " ");
const n = (cell) => "n" in cell.dataset ? Number(cell.dataset.n) : null;
const read = (table) => ({
  heads: [...table.tHead.rows[0].cells].map(words),
  rows: [...table.tBodies[0].rows].map((row) => ({ name: words(row.cells[0]), cells: [...row.cells].slice(1) })),
  raw: [...table.tBodies[0].rows],
});

const common = (title) => ({
  animation: false, color: PALETTE(), textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("--ink") },
  // the library would say what it drew in English; the table says it in the reader's language
  aria: { enabled: true, label: { description: title }, decal: { show: false } },
  tooltip: { renderMode: "richText", backgroundColor: colour("--sheet"), borderColor: colour("--edge"), textStyle: { color: colour("--ink") } },
});

const axes = (names) => ({
  grid: { left: 16, right: 16, top: 48, bottom: 8, containLabel: true },
  legend: { type: "scroll", top: 8, bottom: "auto", textStyle: { color: colour("--ink") }, pageTextStyle: { color: colour("--ink") }, pageIconColor: colour("--link"), pageIconInactiveColor: colour("--line") },
  xAxis: { type: "category", data: names, inverse: rtl, axisLabel: { color: colour("--soft"), hideOverlap: true }, axisLine: { lineStyle: { color: colour("--edge") } } },
  yAxis: { type: "value", minInterval: 1, position: rtl ? "right" : "left", axisLabel: { color: colour("--soft") }, splitLine: { lineStyle: { color: colour("--line") } } },
});

const kinds = {
  flows(table, width) {
    const found = read(table).raw.map((row) => ({
      from: words(row.querySelector("[data-from]")), to: words(row.querySelector("[data-to]")), value: Number(row.dataset.n), gap: "gap" in row.dataset }))
      .filter((flow) => flow.value > 0);
    const nodes = new Map();
    for (const { from, to, gap } of found) {
      nodes.set("a " + from, { name: "a " + from, itemStyle: { color: colour("--slice-1") }, label: { position: rtl ? "left" : "right" } });
      nodes.set("b " + to, { name: "b " + to, itemStyle: { color: colour(gap ? "--slice-2" : "--slice-3") }, label: { position: rtl ? "right" : "left" } });
    }
    const most = Math.max(...["a ", "b "].map((side) => [...nodes.keys()].filter((name) => name.startsWith(side)).length));
    return { height: Math.max(240, 44 * most), option: {
      tooltip: { formatter: (it) => it.dataType === "edge" ? it.data.told : it.name.slice(2) + ": " + Math.round(it.value * 100) / 100 },
      series: [{
        type: "sankey", left: 8, right: 8, top: 8, bottom: 8, nodeWidth: 14, nodeGap: 14, draggable: false, layoutIterations: 32,
        data: [...nodes.values()],
        links: found.map(({ from, to, value, gap }) => ({
          source: rtl ? "b " + to : "a " + from, target: rtl ? "a " + from : "b " + to, value, told: from + (rtl ? " ← " : " → ") + to + ": " + Math.round(value * 100) / 100,
          lineStyle: { color: colour(gap ? "--slice-2" : "--slice-3"), opacity: gap ? .45 : .35 } })),
        label: { color: colour("--ink"), textBorderColor: colour("--sheet"), textBorderWidth: 3, width: Math.max(90, width / 2 - 60), overflow: "truncate", formatter: (it) => it.name.slice(2) },
        emphasis: { focus: "adjacency" },
      }],
    } };
  },
  stacks(table) {
    const { heads, rows } = read(table), many = Number(table.dataset.series);
    return { height: 340, option: { ...axes(rows.map((row) => row.name)), series: heads.slice(1, 1 + many).map((name, at) => ({
      name, type: "bar", stack: "all", data: rows.map((row) => n(row.cells[at])), itemStyle: { color: [colour("--slice-3"), colour("--slice-4"), colour("--slice-2")][at], borderColor: colour("--sheet"), borderWidth: 1 } })) } };
  },
  bars(table) {
    const { heads, rows } = read(table);
    return { height: 320, option: { ...axes(rows.map((row) => row.name)), series: heads.slice(1).map((name, at) => ({
      name, type: "bar", data: rows.map((row) => n(row.cells[at])), itemStyle: { color: colour(at ? "--slice-3" : "--slice-2") } })) } };
  },
  lines(table) {
    const { heads, rows } = read(table), shapes = ["circle", "rect", "triangle", "diamond", "pin", "arrow", "roundRect", "emptyCircle"];
    const largest = rows.map((row) => ({ row, all: row.cells.reduce((sum, cell) => sum + (n(cell) ?? 0), 0) })).sort((a, b) => b.all - a.all).slice(0, MOST);
    return { height: 360, option: { ...axes(heads.slice(1)), series: largest.map(({ row }, at) => ({
      name: row.name, type: "line", data: row.cells.map(n), connectNulls: false, symbol: shapes[at], symbolSize: 9, lineStyle: { type: at % 2 ? "dashed" : "solid" } })) } };
  },
};

const draw = (place) => {
  const table = document.getElementById(place.dataset.table);
  place.hidden = false;
  const { height, option } = kinds[place.dataset.chart](table, place.clientWidth), shared = common(place.dataset.title);
  const size = { width: place.clientWidth, height };
  const chart = echarts.getInstanceByDom(place) ?? echarts.init(place, null, { renderer: "svg", ...size });
  chart.resize(size);
  chart.setOption({ ...shared, ...option, tooltip: { ...shared.tooltip, ...option.tooltip } }, true);
  place.setAttribute("role", "img");
  place.dataset.ready = option.series.length;
};
if (window.echarts) {
  const places = document.querySelectorAll(".chart[data-chart]");
  const all = () => places.forEach(draw);
  all();
  window.addEventListener("resize", all);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
}
