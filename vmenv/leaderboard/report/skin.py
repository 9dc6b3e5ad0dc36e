"""How a report looks, and how its tables sort: the only style and the only script in it."""

STYLE = """
:root{--ink:#1b1f24;--paper:#fff;--soft:#5b6570;--line:#d8dde3;--band:#f4f6f8;--link:#0b5d8a}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--paper:#14171b;--soft:#9aa5b1;--line:#39414a;--band:#1d2228;--link:#7cc0ea}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.7rem;line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}a{color:var(--link)}
nav a{margin-right:.9em;white-space:nowrap}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:1.5rem 1rem;align-items:start;
margin-top:1.5rem}
figure{margin:0;min-width:0}figure svg{width:100%;height:auto;display:block}
figcaption,.told{color:var(--soft);font-size:.85rem}
code{font:.82rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
pre{overflow-x:auto;background:var(--band);padding:.6rem;white-space:pre-wrap}
.table{overflow-x:auto;max-height:34rem;border:1px solid var(--line)}
table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums;width:100%}
th,td{padding:.25rem .55rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--paper);white-space:normal;min-width:8.6rem;max-width:15rem;
overflow-wrap:anywhere}
thead th{position:sticky;top:0;background:var(--band);z-index:1;white-space:normal;vertical-align:bottom}
thead th:first-child{z-index:2;background:var(--band)}
th button{all:unset;cursor:pointer;font-weight:600}th button:focus-visible{outline:2px solid var(--link)}
th[aria-sort=ascending] button::after{content:" \\25B2"}th[aria-sort=descending] button::after{content:" \\25BC"}
.learned td:first-child,.entrant td:first-child{font-weight:700}
.wide{overflow-x:auto}.wide svg{min-width:560px}
"""

SCRIPT = """
document.querySelectorAll("th button").forEach(function (button) {
  button.addEventListener("click", function () {
    var head = button.closest("th"), body = head.closest("table").tBodies[0];
    var up = head.getAttribute("aria-sort") !== "ascending";
    Array.prototype.forEach.call(head.parentNode.cells, function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    var key = function (row) { return row.cells[head.cellIndex].dataset.v; };
    Array.from(body.rows).sort(function (a, b) {
      var x = key(a), y = key(b);
      if (x === "" || y === "") return (x === "") - (y === "");
      var order = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return up ? order : -order;
    }).forEach(function (row) { body.appendChild(row); });
  });
});
"""
