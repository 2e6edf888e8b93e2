// The phone in the browser. Texts are hostile input: they enter the page as text nodes and in no other way.
"use strict";

const $ = (id) => document.getElementById(id);
const resident = $("resident"), other = $("other"), number = $("number"), talk = $("talk"), words = $("words");
const count = $("count"), trouble = $("trouble"), send = document.querySelector(".send");

const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const ESCAPED = new Set("^{}\\[~]|€\f");
const say = document.body.dataset;  // in the language of the city, and in English
const FATES = {queued: say.queued, sent: say.sent, delivered: say.delivered, undelivered: say.undelivered};

const ARRIVED = new Map([[true, say.sent], [false, say.lost], [null, say.sending]]);

let phone = "", turn = 0, lines = new Map(), round = 0;

// -- counting: 160 or 70 in one part, 153 or 67 in each of several; a pair never straddles two parts

function measure(text) {
  const characters = [...text];
  const gsm = characters.every((c) => BASIC.has(c) || ESCAPED.has(c));
  const widths = characters.map((c) => (gsm ? (ESCAPED.has(c) ? 2 : 1) : c.length));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const [alone, joined] = gsm ? [160, 153] : [70, 67];
  if (total <= alone) return {left: alone - total, parts: 1};
  let parts = 1, used = 0;
  for (const width of widths) {
    if (used + width > joined) { parts += 1; used = 0; }
    used += width;
  }
  return {left: joined - used, parts};
}

function showCount() {
  const {left, parts} = measure(words.value);
  count.textContent = `${say.left}: ${left}  |  ${parts} SMS`;
}

// -- the conversation

function hour(at) {
  return at.toLocaleTimeString(document.documentElement.lang, {hour: "2-digit", minute: "2-digit", hour12: false});
}

function draw(message) {
  let line = lines.get(message.sid);
  if (!line) {
    line = document.createElement("p");
    const said = document.createElement("span"), foot = document.createElement("span");
    said.className = "said";
    said.dir = "auto";
    said.textContent = message.text;
    foot.className = "foot";
    line.append(said, foot);
    talk.append(line);
    lines.set(message.sid, line);
  }
  const lost = message.mine && message.arrived === false;
  line.className = (message.mine ? "mine" : "theirs") + (lost ? " lost" : "");
  const fate = message.mine ? ARRIVED.get(message.arrived) : FATES[message.status] || message.status;
  line.lastChild.textContent = `${hour(new Date(message.at))} – ${fate}`;
}

function show(answer) {
  if (answer.turn < turn) { forget(); return; }  // the double was restarted: begin again
  turn = answer.turn;
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  answer.messages.forEach(draw);
  $("empty").hidden = lines.size > 0;
  if (answer.messages.length && atEnd) talk.scrollTop = talk.scrollHeight;
}

function forget() {
  turn = 0;
  lines = new Map();
  talk.replaceChildren();
  $("empty").hidden = false;
}

async function poll() {
  const mine = ++round;
  clearTimeout(poll.next);
  if (phone) {
    try {
      const answer = await fetch(`/phone/messages?number=${encodeURIComponent(phone)}&after=${turn}`);
      if (!answer.ok) throw new Error(answer.status);
      const news = await answer.json();
      if (mine !== round) return;  // another phone was chosen, or a newer poll runs
      show(news);
      if (poll.away) complain("");
      poll.away = false;
    } catch {
      if (mine !== round) return;
      poll.away = true;
      complain(say.away);
    }
  }
  if (mine === round) poll.next = setTimeout(poll, 1000);
}

function complain(why) {
  trouble.textContent = why;
  trouble.hidden = !why;
}

// -- choosing, writing, sending

function choose() {
  const chosen = resident.value || number.value.replace(/[\s().-]/g, "");
  other.hidden = resident.value !== "";
  phone = /^\+[1-9][0-9]{6,14}$/.test(chosen) ? chosen : "";
  $("owner").textContent = resident.value ? resident.selectedOptions[0].textContent.split(" · ")[0] : phone;
  complain("");
  forget();
  poll();
}

function insert(text) {
  words.setRangeText(text, words.selectionStart, words.selectionEnd, "end");
  showCount();
}

async function write(event) {
  event.preventDefault();
  if (!phone) {
    complain(say.typed);
    number.focus();
    return;
  }
  const text = words.value;
  if (!text.trim()) { words.focus(); return; }
  send.disabled = true;
  words.value = "";
  showCount();
  talk.scrollTop = talk.scrollHeight;
  setTimeout(poll, 50);  // the message shows while the webhook is still under way
  try {
    const answer = await fetch("/phone/messages", {method: "POST", headers: {"Content-Type": "application/json"},
      body: JSON.stringify({number: phone, text})});
    if (!answer.ok) throw new Error(answer.status);
    complain("");
  } catch {
    words.value = words.value || text;
    showCount();
    complain(say.failed);
  }
  send.disabled = false;
  words.focus();
  poll();
}

resident.addEventListener("change", () => { choose(); (resident.value ? words : number).focus(); });
number.addEventListener("input", choose);
words.addEventListener("input", showCount);
words.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("compose").requestSubmit(); }
});
$("compose").addEventListener("submit", write);
$("clear").addEventListener("click", () => { words.value = ""; showCount(); words.focus(); });
document.querySelectorAll(".try").forEach((button) => button.addEventListener("click", () => {
  words.value = button.textContent;
  showCount();
  words.focus();
}));
document.querySelectorAll(".key").forEach((key) => key.addEventListener("click", () => insert(key.value)));

setInterval(() => { $("clock").textContent = hour(new Date()); }, 1000);
showCount();
choose();
