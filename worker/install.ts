// The script behind `curl -fsSL URL/install | sh -s -- CODE`: fetches the connector of this version and connects it.

/** `origin` is what the request named; it and `version` stand in the script as quoted words. */
export function installScript(origin: string, version: string): string {
	return `#!/bin/sh
# Installs the Homeport connector and, given a code, connects this machine. Needs no root.
#   curl -fsSL ${origin}/install | sh -s -- CODE
# Everything is in functions, so that a script cut off on its way does nothing.
set -eu

url=${quote(origin)}
version=${quote(version)}

say() { printf '%s\\n' "$*"; }
fail() { printf 'homeport: %s\\n' "$*" >&2; exit 1; }

find_platform() {
	case "$(uname -s)" in
		Linux) os=linux ;;
		Darwin) os=darwin ;;
		MINGW* | MSYS* | CYGWIN* | Windows*) fail "Windows is not supported yet. In WSL this script works." ;;
		*) fail "$(uname -s) is not supported. Homeport runs on Linux and macOS." ;;
	esac
	case "$(uname -m)" in
		x86_64 | amd64) arch=x64 ;;
		aarch64 | arm64) arch=arm64 ;;
		*) fail "$(uname -m) processors are not supported. Homeport runs on x64 and arm64." ;;
	esac
	if [ "$os" = linux ] && [ -f /etc/alpine-release ]; then
		fail "Alpine Linux is not supported yet, since its C library is musl."
	fi
}

need_node() {
	command -v node >/dev/null 2>&1 || fail "Node.js 20 or newer is needed and not on PATH. Get it from https://nodejs.org/en/download or your package manager, then run this again."
	major=$(node -p 'process.versions.node.split(".")[0]')
	[ "$major" -ge 20 ] || fail "Node.js 20 or newer is needed; this is $(node --version). Get it from https://nodejs.org/en/download, then run this again."
}

fetch() {
	if command -v curl >/dev/null 2>&1; then curl -fsSL "$1" -o "$2"
	elif command -v wget >/dev/null 2>&1; then wget -q "$1" -O "$2"
	else fail "curl or wget is needed."
	fi
}

install() {
	folder="\${XDG_DATA_HOME:-$HOME/.local/share}/homeport/$version"
	bin="$HOME/.local/bin"
	say "Installing the Homeport connector $version for $os-$arch"
	say "  from  $url"
	say "  into  $folder"
	say "  as    $bin/homeport"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	fetch "$url/install/connector-$os-$arch.tar.gz" "$work/connector.tar.gz" ||
		fail "$url has no connector for $os-$arch."
	mkdir "$work/connector"
	tar -xzf "$work/connector.tar.gz" -C "$work/connector" 2>/dev/null ||
		fail "$url has no connector for $os-$arch."
	[ -f "$work/connector/homeport.js" ] || fail "What $url sent is not a connector."
	mkdir -p "$folder" "$bin"
	cp -R "$work/connector/." "$folder/"
	node=$(command -v node)
	{
		printf '#!/bin/sh\\n'
		printf 'exec "%s" "%s/homeport.js" "$@"\\n' "$node" "$folder"
	} >"$work/homeport"
	chmod 755 "$work/homeport"
	mv -f "$work/homeport" "$bin/homeport"
}

main() {
	find_platform
	need_node
	install
	command=homeport
	case ":$PATH:" in
		*":$bin:"*) ;;
		*)
			say "$bin is not on PATH. Add it: export PATH=\\"$bin:\\$PATH\\""
			command="$bin/homeport"
			;;
	esac
	if [ $# -eq 0 ]; then
		say "Installed. To connect this machine: $command connect $url --code CODE --service"
		return
	fi
	say "Connecting this machine to $url"
	"$bin/homeport" connect "$url" --code "$1" --service
}

main "$@"
`
}

/** One word of a POSIX shell, whatever is in it. */
function quote(word: string): string {
	return `'${word.replaceAll("'", `'\\''`)}'`
}
