// SPDX-License-Identifier: Apache-2.0
// The style sheet of the page of --format html, and its digest, by which the page's own security
// policy lets in this style sheet and nothing else. A test compares the two.
#pragma once

namespace mqfail {

inline constexpr const char* kPageStyleDigest =
    "sha256-V+2J+qI+2IqAFfquxzY65ovsWH8eZm47F+AZC1Jozzs=";

inline constexpr const char* kPageStyle = R"css(
:root{color-scheme:light dark;--bg:#f4f6f8;--card:#fff;--ink:#1d2329;--dim:#5a6672;--line:#dfe4ea;--track:#e9edf1;--ok:#1a7f37;--warn:#9a6200;--crit:#c4262e;--unknown:#57606a;--dns:#8b68c9;--tcp:#3a7fc9;--tls:#1f9a8b;--ws:#6f9f2f;--connack:#d0902a;--suback:#c66a3a;--ping:#b4538c;--puback:#5f74d8;--round_trip:#d0455c}
@media(prefers-color-scheme:dark){:root{--bg:#12161b;--card:#1a2027;--ink:#e4e8ec;--dim:#9aa6b2;--line:#2c343d;--track:#262e37;--ok:#3fb950;--warn:#d8a02c;--crit:#ff6a69;--unknown:#8b949e;--dns:#a98be0;--tcp:#5b9fe6;--tls:#35b8a8;--ws:#8fc24a;--connack:#e2ab4d;--suback:#e08a5b;--ping:#d077ab;--puback:#8496ef;--round_trip:#ec6b80}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:76rem;margin:0 auto;padding:1.5rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:baseline;margin-bottom:1rem}
h1{font-size:1.1rem;margin:0;font-weight:600}
h2{font-size:1rem;margin:2rem 0 .6rem}
time,.dim{color:var(--dim);font-size:.875rem}
.verdict{border-left:.5rem solid;border-radius:.5rem;background:var(--card);padding:1rem 1.25rem;box-shadow:0 1px 3px rgba(0,0,0,.1)}
.verdict b{font-size:1.5rem;letter-spacing:.03em;display:block}
.verdict p{margin:.25rem 0 0}
.verdict ul{margin:.5rem 0 0;padding-left:1.2rem}
.s0{border-color:var(--ok)}.s1{border-color:var(--warn)}.s2{border-color:var(--crit)}.s3{border-color:var(--unknown)}
.s0 b{color:var(--ok)}.s1 b{color:var(--warn)}.s2 b{color:var(--crit)}.s3 b{color:var(--unknown)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:0 0 .6rem;padding:0;list-style:none;color:var(--dim);font-size:.8125rem}
.legend svg{display:inline-block;width:.75rem;height:.75rem;margin-right:.35rem;vertical-align:-.05rem}
.servers{display:grid;gap:.6rem;margin:0;padding:0;list-style:none}
.server{display:grid;grid-template-columns:minmax(0,19rem) minmax(0,1fr) minmax(5.5rem,auto);gap:.3rem 1.25rem;align-items:start;background:var(--card);border-radius:.5rem;padding:.8rem 1.1rem;box-shadow:0 1px 3px rgba(0,0,0,.1)}
.who b{font-weight:600}
.mark{font-size:.75rem;font-weight:700;border-radius:.3rem;padding:.05rem .4rem;margin-right:.5rem;color:#fff;background:var(--unknown);display:inline-block}
.up .mark{background:var(--ok)}.down .mark{background:var(--crit)}
@media(prefers-color-scheme:dark){.mark{color:#0d1117}}
.tag{font-size:.75rem;border:1px solid var(--line);border-radius:.3rem;padding:0 .35rem;color:var(--dim);margin-left:.35rem;white-space:nowrap}
.total{text-align:right;font-variant-numeric:tabular-nums;font-weight:600;white-space:nowrap}
.bar,.history{display:block}
.bar{width:100%;height:.85rem;border-radius:.25rem}
.track{fill:var(--track)}
.phases{margin:.3rem 0 0;color:var(--dim);font-size:.8125rem;font-variant-numeric:tabular-nums}
.phases span{white-space:nowrap;margin-right:.6rem}
.why{color:var(--crit);margin:0}
.dns{fill:var(--dns)}.tcp{fill:var(--tcp)}.tls{fill:var(--tls)}.ws{fill:var(--ws)}.connack{fill:var(--connack)}.suback{fill:var(--suback)}.ping{fill:var(--ping)}.puback{fill:var(--puback)}.round_trip{fill:var(--round_trip)}
.history{width:100%;height:2.4rem;margin-top:.5rem}
.history path{fill:none;stroke:var(--tcp);stroke-width:1.5;vector-effect:non-scaling-stroke}
.history rect{fill:var(--crit);opacity:.55}
details{grid-column:1/-1;font-size:.875rem}
summary{cursor:pointer;color:var(--dim)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr));gap:.1rem 1.5rem;margin:.5rem 0 0}
dl div{display:flex;gap:.6rem;justify-content:space-between;border-bottom:1px solid var(--line)}
dt{color:var(--dim);white-space:nowrap}dd{margin:0;text-align:right;min-width:0}
.scroll{overflow-x:auto;background:var(--card);border-radius:.5rem;box-shadow:0 1px 3px rgba(0,0,0,.1)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.875rem}
th,td{padding:.45rem .8rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
tr:last-child>*{border-bottom:0}
th{font-weight:600;text-align:left}
td.yes{color:var(--ok)}td.no{color:var(--crit);font-weight:700}
footer{margin-top:2rem;color:var(--dim);font-size:.8125rem}
@media(max-width:44rem){main{padding:.8rem}.server{grid-template-columns:minmax(0,1fr) auto}.bars{grid-column:1/-1;grid-row:2}}
)css";

}  // namespace mqfail
