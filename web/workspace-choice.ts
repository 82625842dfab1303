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

/** A path for what cannot carry a header: a socket, and a link to a file. */
export function inWorkspace(path: string): string {
	const workspace = chosenWorkspace()
	return workspace === null ? path : `${path}?workspace=${encodeURIComponent(workspace)}`
}

const KEY = "workspace"
