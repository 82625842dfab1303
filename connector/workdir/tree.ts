// A folder's contents as a git tree, made without anything that the repository there could say: a git directory of our
// own, so that none of its configuration, hooks, filters, drivers or monitors exist for git.

/**
 * $1: a folder. Sets top (the repository's work tree, which holds it), store (where its objects are), head (its commit, or
 * nothing), and GIT_DIR, GIT_WORK_TREE of a fresh git directory in $scratch. Ends with NO_REPOSITORY where there is none.
 */
const OPEN = `set -u
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS GIT_EXTERNAL_DIFF
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 GIT_OPTIONAL_LOCKS=0 GIT_TERMINAL_PROMPT=0 LC_ALL=C
scratch=$(mktemp -d) || exit 1
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
command -v git >/dev/null || { echo "There is no git here." >&2; exit 1; }
cd -P -- "$1" || exit 1
here=$(pwd -P)
ask() { git -c safe.directory='*' -c core.fsmonitor=false -c core.hooksPath=/dev/null rev-parse "$@" 2>/dev/null; }
top=$(ask --show-toplevel) || exit NO_REPOSITORY
case "$here/" in "$top"/*) ;; *) exit NO_REPOSITORY ;; esac
store=$(ask --path-format=absolute --git-common-dir)/objects
index=$(ask --path-format=absolute --git-path index)
exclude=$(ask --path-format=absolute --git-path info/exclude)
head=$(ask --verify --quiet HEAD) || head=
format=$(ask --show-object-format) || format=sha1
git init -q --bare --template= --object-format="$format" "$scratch/git" || exit 1
mkdir -p "$scratch/git/info"
printf '%s\\n' "$store" > "$scratch/git/objects/info/alternates"
[ -f "$exclude" ] && cp -- "$exclude" "$scratch/git/info/exclude"
[ -f "$index" ] && cp -- "$index" "$scratch/git/index"
export GIT_DIR="$scratch/git" GIT_WORK_TREE="$top"
cd -- "$top" || exit 1
ours() { git --literal-pathspecs -c core.bare=false -c core.fsmonitor=false -c core.hooksPath=/dev/null -c gc.auto=0 -c advice.addEmbeddedRepo=false "$@"; }
# What cannot be read is left out, as it is for the person's own git; an index that is of no use here is made anew.
tree() {
	ours add -A --ignore-errors -- . >/dev/null 2>&1
	ours write-tree 2>/dev/null && return
	rm -f -- "$GIT_DIR/index"
	ours add -A --ignore-errors -- . >/dev/null 2>&1
	ours write-tree
}
`

const NO_REPOSITORY = 44

const script = (text: string) => OPEN.replaceAll("NO_REPOSITORY", String(NO_REPOSITORY)) + text

/**
 * $1: the working directory. Prints the commit (or "-") and a tree of everything that is there, whose objects the
 * repository keeps as it keeps those of its own index: unreferenced, for two weeks at least.
 */
export const RECORD = script(`export GIT_OBJECT_DIRECTORY="$store"
now=$(tree) || exit 1
printf '%s %s\\n' "\${head:--}" "$now"
`)

/** $1: the working directory. Prints its commit (or "-") and that commit's own tree. */
export const RECORD_HEAD = script(`[ -n "$head" ] || exit ${NO_REPOSITORY}
printf '%s %s\\n' "$head" "$(ours rev-parse --verify --quiet "$head^{tree}")"
`)

/**
 * $1: the working directory; $2: the tree to compare with; $3: a word that stands between the parts. Prints, of what
 * differs below the working directory: names and states, counts of lines (both NUL-separated), and the patch.
 */
export const DIFF = script(`now=$(tree) || exit 1
compare() { ours diff-tree -r -M --no-ext-diff --no-textconv "$@" "$base" "$now" -- "$here"; }
base=$2
compare -z --name-status || exit 1
printf '\\0%s\\0' "$3"
compare -z --numstat
printf '\\0%s\\0' "$3"
compare -p --no-color --src-prefix=a/ --dst-prefix=b/ --full-index
`)
