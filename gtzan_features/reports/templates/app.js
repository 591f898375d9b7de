"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const form = find("form"), drop = find("drop"), file = find("file"), record = find("record");
  const status = find("status"), answer = find("answer"), player = find("player"), clock = find("clock");
  const maxBytes = +form.dataset.maxBytes, maxSeconds = +form.dataset.maxSeconds;
  const SERVER_READS = /\.(wav|au|flac|ogg|oga|opus|mp3|aif|aiff|aifc)$/i;
  const RATE = 22050; // Hz, of files that this browser decodes
  let stop = null; // ends a recording

  for (const place of document.querySelectorAll(".origin")) place.textContent = location.origin;

  const megabytes = (size) => `${Number((size / 1e6).toPrecision(3))} MB`;

  function busy(on) {
    file.disabled = record.disabled = on;
    form.setAttribute("aria-busy", on);
  }

  // Said aloud in any case; shown only where the answer does not show it.
  function say(text, shown) {
    status.textContent = text;
    status.classList.toggle("hidden", !shown);
  }

  function fail(name, reason) {
    const line = document.createElement("p");
    line.className = "fault";
    line.textContent = `${name}: ${reason}.`;
    answer.replaceChildren(line);
    say(line.textContent, false);
  }

  // WAV, mono, 16 bits.
  function wav(samples, rate) {
    const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const word = (at, text) => [...text].forEach((c, i) => bytes.setUint8(at + i, c.charCodeAt(0)));
    word(0, "RIFF"); bytes.setUint32(4, 36 + 2 * samples.length, true); word(8, "WAVEfmt ");
    bytes.setUint32(16, 16, true); bytes.setUint16(20, 1, true); bytes.setUint16(22, 1, true);
    bytes.setUint32(24, rate, true); bytes.setUint32(28, 2 * rate, true);
    bytes.setUint16(32, 2, true); bytes.setUint16(34, 16, true);
    word(36, "data"); bytes.setUint32(40, 2 * samples.length, true);
    samples.forEach((v, i) => bytes.setInt16(44 + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, v))), true));
    return new Blob([bytes], { type: "audio/wav" });
  }

  // What only browsers decode (M4A, WebM) is sent as WAV; what this one cannot decode is sent as it is.
  async function readable(blob, name) {
    if (SERVER_READS.test(name)) return blob;
    try {
      const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await blob.arrayBuffer());
      const channels = Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i));
      return wav(channels[0].map((_, i) => channels.reduce((sum, c) => sum + c[i], 0) / channels.length), RATE);
    } catch {
      return blob;
    }
  }

  // Nothing of the recording before is shown or played.
  function silence() {
    player.onerror = null;
    player.hidden = true;
    player.pause();
    URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
    player.load();
  }

  function play(blob) {
    player.src = URL.createObjectURL(blob);
    player.hidden = false;
    player.onerror = () => { player.hidden = true; };
  }

  async function send(blob, name) {
    answer.replaceChildren();
    silence();
    if (blob.size > maxBytes) {
      fail(name, `larger than the ${megabytes(maxBytes)} that are taken. Cut a part out`);
      return;
    }
    busy(true);
    say(`Listening to ${name} …`, true);
    try {
      const body = await readable(blob, name);
      const headers = {
        "X-File-Name": encodeURIComponent(name), "Content-Type": "application/octet-stream", Accept: "text/html",
      };
      const reply = await fetch("api/predict", { method: "POST", body, headers });
      const text = await reply.text();
      if (!(reply.headers.get("Content-Type") || "").startsWith("text/html")) throw new Error(text);
      answer.innerHTML = text; // made by the server, which escapes the name
      const first = answer.firstElementChild.textContent;
      say(reply.ok ? `${first}. Details follow.` : first, false);
      if (reply.ok) play(body);
      answer.scrollIntoView({ block: "nearest" });
    } catch {
      fail(name, "the server gave no answer. See whether gtzan serve still runs, and try again");
    } finally {
      busy(false);
      file.value = "";
    }
  }

  async function start() {
    if (!navigator.mediaDevices) {
      fail("The microphone", "a browser gives it to pages on this machine or under https only");
      return;
    }
    let stream;
    try {
      // What a browser does to make speech clear harms music.
      const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      stream = await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      fail("The microphone", error.name === "NotFoundError" ? "none was found" : "the browser did not allow it");
      return;
    }
    const context = new AudioContext();
    await context.audioWorklet.addModule("recorder.js");
    const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
    const rate = context.sampleRate, parts = [];
    const most = Math.min(maxSeconds * rate, (maxBytes - 44) / 2);
    let length = 0;
    stop = () => {
      stop = null;
      node.port.onmessage = null;
      stream.getTracks().forEach((track) => track.stop());
      context.close();
      record.textContent = "Record from the microphone";
      drop.classList.remove("on");
      clock.textContent = "";
      const samples = new Float32Array(length);
      parts.reduce((at, part) => { samples.set(part, at); return at + part.length; }, 0);
      send(wav(samples, rate), "recording.wav");
    };
    node.port.onmessage = ({ data }) => {
      if (length + data.length > most) { stop(); return; }
      parts.push(data);
      length += data.length;
      clock.textContent = `${Math.floor(length / rate)} s`;
    };
    context.createMediaStreamSource(stream).connect(node);
    record.textContent = "Stop and send";
    file.disabled = true;
    drop.classList.add("on");
    answer.replaceChildren();
    silence();
    say("Recording.", true);
  }

  file.addEventListener("change", () => { if (file.files.length) send(file.files[0], file.files[0].name); });
  record.addEventListener("click", () => (stop ? stop() : start()));
  form.addEventListener("submit", (event) => event.preventDefault());
  // A file that misses the field must not replace the page.
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  document.addEventListener("dragover", () => drop.classList.add("over"));
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    const dropped = event.dataTransfer.files[0];
    if (dropped && !file.disabled && !stop) send(dropped, dropped.name);
  });
})();
