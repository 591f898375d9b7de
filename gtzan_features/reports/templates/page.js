"use strict";
(() => {
  const value = (row, column) => row.cells[column].textContent.trim();
  const number = (text) => (/^-?\d+(\.\d+)?s?$/.test(text) ? parseFloat(text) : NaN);

  function compare(a, b) {
    const x = number(a), y = number(b);
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    // What is no number (a dash) comes last among numbers.
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return a.localeCompare(b, "en");
  }

  function sort(table, column) {
    const heading = table.tHead.rows[0].cells[column];
    const first = heading.textContent.includes("%") ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const now = heading.getAttribute("aria-sort") === first ? other : first;
    for (const cell of table.tHead.rows[0].cells) cell.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", now);
    const sign = now === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows];
    rows.sort((a, b) => {
      const x = value(a, column), y = value(b, column);
      if (x === "–" || y === "–") return (x === "–") - (y === "–");
      return sign * compare(x, y);
    });
    body.append(...rows);
  }

  function filter(form, table) {
    const wanted = [...form.querySelectorAll("select")].filter((s) => s.value);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      row.hidden = !wanted.every((s) => value(row, +s.dataset.column).replace(/^LEAKED\s+/, "") === s.value.trim());
      shown += !row.hidden;
    }
    const total = table.tBodies[0].rows.length;
    form.querySelector("output").textContent = shown === total ? `${total} rows` : `${shown} of ${total} rows`;
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      cell.querySelector("button").addEventListener("click", () => sort(table, column));
    });
  }
  for (const form of document.querySelectorAll("form.filters")) {
    const table = document.getElementById(form.dataset.for);
    form.addEventListener("change", () => filter(form, table));
    form.addEventListener("submit", (event) => event.preventDefault());
    // A browser may keep choices over a reload.
    filter(form, table);
  }
  // A link to a run opens its drawer.
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  window.addEventListener("hashchange", open);
  open();
})();
