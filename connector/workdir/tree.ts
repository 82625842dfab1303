// A folder's contents as a git tree, made without anything that the repository there could say: a git directory of our
// own, so that none of its configuration, hooks, filters, drivers or monitors exist for git.

/**
 * $1: a folder; $2: "inside" where nothing out of it may be touched. Sets top (the work tree that holds it), store (where
 * the repository's objects are), head (its commit, or nothing), and GIT_DIR, GIT_WORK_TREE of a fresh git directory in
 * $scratch. The repository is found by its files, not by what its configuration says. Ends with NO_REPOSITORY without one.
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
top=$here
while [ ! -e "$top/.git" ]; do
	if [ "$top" = / ] || [ "$2" = inside ]; then exit NO_REPOSITORY; fi
	top=$(dirname -- "$top")
done
# A worktree's .git is a file that names its folder, which names what it shares.
named() { case "$2" in /*) printf '%s' "$2" ;; *) printf '%s/%s' "$1" "$2" ;; esac; }
own=$top/.git
[ -f "$own" ] && own=$(named "$top" "$(sed -n 's/^gitdir: //p' "$own" | head -n 1)")
own=$(cd -P -- "$own" 2>/dev/null && pwd -P) || exit NO_REPOSITORY
common=$own
[ -f "$own/commondir" ] && common=$(named "$own" "$(head -n 1 "$own/commondir")")
store=$(cd -P -- "$common/objects" 2>/dev/null && pwd -P) || exit NO_REPOSITORY
if [ "$2" = inside ]; then
	case "$own/" in "$top"/*) ;; *) exit NO_REPOSITORY ;; esac
	case "$store/" in "$top"/*) ;; *) exit NO_REPOSITORY ;; esac
fi
ask() { GIT_DIR="$own" GIT_WORK_TREE="$top" git -c safe.directory='*' -c core.bare=false -c core.fsmonitor=false -c core.hooksPath=/dev/null rev-parse "$@" 2>/dev/null; }
index=$own/index
exclude=$common/info/exclude
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

export const NO_REPOSITORY = 44

/** A script that begins with the repository opened as above, and with its first two arguments. */
export const script = (text: string) => OPEN.replaceAll("NO_REPOSITORY", String(NO_REPOSITORY)) + text

/**
 * $1: the working directory; $2: as above. Prints the commit (or "-") and a tree of everything that is there, whose objects the
 * repository keeps as it keeps those of its own index: unreferenced, for two weeks at least.
 */
export const RECORD = script(`export GIT_OBJECT_DIRECTORY="$store"
now=$(tree) || exit 1
printf '%s %s\\n' "\${head:--}" "$now"
`)

/** $1: the working directory; $2: as above. Prints its commit (or "-") and that commit's own tree. */
export const RECORD_HEAD = script(`[ -n "$head" ] || exit ${NO_REPOSITORY}
printf '%s %s\\n' "$head" "$(ours rev-parse --verify --quiet "$head^{tree}")"
`)

/**
 * $1: the working directory; $2: the tree to compare with; $3: a word that stands between the parts. Prints, of what
 * differs below the working directory: names and states, counts of lines (both NUL-separated), and the patch.
 */
export const DIFF = script(`now=$(tree) || exit 1
compare() { ours diff-tree -r -M --no-ext-diff --no-textconv "$@" "$base" "$now" -- "$here"; }
base=$3
compare -z --name-status || exit 1
printf '\\0%s\\0' "$4"
compare -z --numstat
printf '\\0%s\\0' "$4"
compare -p --no-color --src-prefix=a/ --dst-prefix=b/ --full-index
`)
