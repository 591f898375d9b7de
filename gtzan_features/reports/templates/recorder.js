"use strict";
// Runs beside the page's script, in the thread that the sound passes through.
registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([channels]) {
    if (channels.length) {
      const mono = channels[0].map((_, i) => channels.reduce((sum, c) => sum + c[i], 0) / channels.length);
      this.port.postMessage(mono, [mono.buffer]);
    }
    return true;
  }
});
