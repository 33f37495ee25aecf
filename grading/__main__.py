"""``python -m grading``: so little that Ctrl-C gets one sentence for an answer from the start."""

import sys

if __name__ == "__main__":
    try:
        from grading.cli import main

        sys.exit(main())
    except KeyboardInterrupt:  # while the rest was still being read
        print("Stopped, before anything was done.", file=sys.stderr)
        sys.exit(130)
