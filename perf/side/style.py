"""The style sheet of the report: light and dark by what the reader's system prefers."""

LIGHT = """
  --page: #fcfcfb; --ink: #1a1a19; --soft: #5c5b57; --grid: #e4e3df; --base: #8a8983;
  --reflector: #8a8983; --bowline: #2a78d6; --knotd: #d9531e; --nsd: #12855f; --named: #7a3fbf;
  --pdns_server: #b8860b; --other: #b0306a;"""

DARK = """
  --page: #1a1a19; --ink: #f2f1ee; --soft: #b5b4ae; --grid: #34332f; --base: #8a8983;
  --reflector: #a3a29b; --bowline: #5a9ff0; --knotd: #f0834f; --nsd: #35b98a; --named: #b48af0;
  --pdns_server: #d9a92e; --other: #e0709f;"""

SERVERS = "\n".join(f".s-{name} {{ --series: var(--{name}); }}" for name in (
    "reflector", "bowline", "knotd", "nsd", "named", "pdns_server", "other"))

CSS = f"""
:root {{ color-scheme: light dark;{LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{{DARK} }} }}
{SERVERS}
body {{ background: var(--page); color: var(--ink); margin: 0;
  font: 16px/1.5 system-ui, sans-serif; }}
main {{ max-width: 960px; margin: 0 auto; padding: 24px 16px 64px; }}
h1 {{ font-size: 1.6rem; margin: 0 0 8px; }}
h2 {{ font-size: 1.25rem; margin: 40px 0 8px; border-top: 1px solid var(--grid);
  padding-top: 24px; }}
h3 {{ font-size: 1rem; margin: 24px 0 0; }}
p {{ margin: 4px 0 12px; }}
.note, figcaption, summary {{ color: var(--soft); font-size: 0.9rem; }}
svg {{ display: block; width: 100%; max-width: 760px; height: auto; }}
.legend {{ display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 0.9rem; }}
.legend span {{ display: inline-flex; align-items: center; gap: 6px; }}
.legend svg {{ width: 22px; height: 14px; }}
.panels {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 12px; }}
figure {{ margin: 0; }}
svg text {{ font: 12px system-ui, sans-serif; fill: var(--soft); }}
svg text.value {{ fill: var(--ink); }}
svg text.axis {{ fill: var(--soft); }}
.grid {{ stroke: var(--grid); stroke-width: 1; }}
.base {{ stroke: var(--base); stroke-width: 1; }}
.fill {{ fill: var(--series); }}
.stroke {{ stroke: var(--series); stroke-width: 2; fill: none; }}
.thick {{ stroke-width: 2.5; }}
.mark {{ stroke: var(--page); stroke-width: 1.5; }}
.dot {{ fill: var(--page); stroke: var(--ink); stroke-width: 1; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: 0.875rem; margin: 8px 0 16px;
  font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; padding: 3px 16px 3px 0; border-bottom: 1px solid var(--grid);
  vertical-align: top; }}
.number {{ text-align: right; }}
code {{ font-size: 0.875rem; overflow-wrap: anywhere; }}
"""
