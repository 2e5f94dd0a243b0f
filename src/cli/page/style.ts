/** The look of a page: on screens wide and narrow, light and dark, and on paper. How grave something is shows by height as well as by colour. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #ffffff; --sheet: #f6f8fa;
  --good: #1a7f4b; --wait: #9a6700; --bad: #b4232a; --open: #6e7781; --none: #e7ebef; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b1; --line: #3d444d; --paper: #0d1117; --sheet: #161b22;
  --good: #3fb950; --wait: #d29922; --bad: #ff7b72; --open: #8b949e; --none: #262c34; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #333; --line: #999; --paper: #fff; --sheet: #fff;
  --good: #1a7f4b; --wait: #9a6700; --bad: #b4232a; --open: #6e7781; --none: #e7ebef; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } .row, article, tr { break-inside: avoid; } h2 { break-after: avoid; }
  main { padding: 0; } @page { margin: 16mm; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 75rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.answer { font-size: 1.1rem; margin: 0; padding: .75rem 1rem; border-left: .4rem solid var(--open); background: var(--sheet); }
.answer.proven { border-color: var(--good); } .answer.violated { border-color: var(--bad); }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .2rem 1rem; margin: .75rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; }
code { font: .9em/1.5 ui-monospace, monospace; }
.row { margin: .6rem 0; } .row svg { display: block; width: 100%; height: 2rem; background: var(--none); border: 1px solid var(--line); }
.scale { display: flex; justify-content: space-between; gap: .5rem; font-size: .8rem; color: var(--soft); }
.scale span:nth-child(2) { text-align: center; } .scale span:last-child { text-align: right; }
.authorised { fill: var(--good); } .pending { fill: var(--wait); } .unauthorised { fill: var(--bad); } .unknown { fill: var(--open); } .missing { fill: var(--open); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .5rem 0; list-style: none; font-size: .9rem; }
.legend svg { width: 1.5rem; height: 1.5rem; vertical-align: middle; margin-right: .35rem; background: var(--none); }
article { border: 1px solid var(--line); border-radius: .4rem; padding: .75rem 1rem; margin: .75rem 0; }
article h3 { font-size: 1rem; margin: 0; } article.unauthorised { border-left: .4rem solid var(--bad); }
article.pending { border-left: .4rem solid var(--wait); } article.authorised { border-left: .4rem solid var(--good); }
article.missing { border-left: .4rem solid var(--open); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; }
th, td { border: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: normal; }
thead th, tbody th { background: var(--sheet); } td.unauthorised { box-shadow: inset 0 0 0 .2rem var(--bad); font-weight: 600; }
td.pending { box-shadow: inset 0 0 0 .2rem var(--wait); }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .4rem; } .scale span:nth-child(2) { display: none; } }
`;
