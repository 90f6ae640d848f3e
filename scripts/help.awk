# The targets of a Makefile with their texts: `target: ... ## text` below headings `##@ heading`.
BEGIN { FS = ":.*## " }
/^##@ / { printf "\n%s\n", substr($0, 5) }
/^[a-z0-9-]+:.*## / { printf "  make %-22s %s\n", $1, $2 }
