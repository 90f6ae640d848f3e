"""Print the queries of the dashboards as rules of Prometheus, so that promtool can say whether it understands them.

dashboard_rules.py FILE...
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """The command line."""
    rules = [
        # What Grafana puts in as fits the picture. Any length will do.
        {"record": f"panel:{panel['id']}:{target['refId']}", "expr": target["expr"].replace("$__rate_interval", "1m")}
        for file in sys.argv[1:]
        for panel in json.loads(Path(file).read_text(encoding="utf-8"))["panels"]
        for target in panel.get("targets", ())
    ]
    # JSON is YAML, too.
    json.dump({"groups": [{"name": "dashboards", "rules": rules}]}, sys.stdout)


if __name__ == "__main__":
    main()
