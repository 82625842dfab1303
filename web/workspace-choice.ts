// The workspace that this tab works in. The last one chosen in any tab is where a new tab begins.

export function chosenWorkspace(): string | null {
	return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY)
}

/** Null leaves it to the control plane. */
export function chooseWorkspace(id: string | null): void {
	for (const storage of [sessionStorage, localStorage])
		if (id === null) storage.removeItem(KEY)
		else storage.setItem(KEY, id)
}

/** The link that one has come by may say which workspace it is of. */
export function followAddress(): void {
	const url = new URL(location.href)
	const workspace = url.searchParams.get("workspace")
	if (workspace === null) return
	chooseWorkspace(workspace)
	url.searchParams.delete("workspace")
	history.replaceState(history.state, "", url)
}

/** A path for what cannot carry a header: a socket, and a link to a file. */
export function inWorkspace(path: string): string {
	const workspace = chosenWorkspace()
	return workspace === null ? path : `${path}?workspace=${encodeURIComponent(workspace)}`
}

const KEY = "workspace"
