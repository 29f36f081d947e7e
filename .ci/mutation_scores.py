"""Print, for each module, how many changes were made to it and how many of them some test noticed.

Called by mutation.sh with the session file cosmic-ray wrote. Exits 1 when a module stays under 85 %.
"""

from __future__ import annotations

import sqlite3
import sys

LEAST = 85.0
QUERY = """
    SELECT module_path, count(*), sum(test_outcome = 'SURVIVED')
    FROM mutation_specs JOIN work_results USING (job_id)
    WHERE worker_outcome != 'SKIPPED'
    GROUP BY module_path ORDER BY module_path
"""


def main(session: str) -> int:
    """Print the table; the answer is the exit code."""
    rows = sqlite3.connect(session).execute(QUERY).fetchall()
    if not rows:
        print("there was nothing to change")
        return 0
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    print(f"{'module':<34}{'changes':>8}{'unnoticed':>11}{'score':>9}")
    for module, changes, unnoticed in rows:
        print(f"{module:<34}{changes:>8}{unnoticed:>11}{100 - 100 * unnoticed / changes:>8.1f} %")
    return int(any(100 - 100 * unnoticed / changes < LEAST for _, changes, unnoticed in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
