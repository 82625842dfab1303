// Opens a page in the person's browser, where there is a desktop.
import { spawn } from "node:child_process"

export function hasDesktop(): boolean {
	if (process.platform === "darwin") return process.env.SSH_CONNECTION === undefined
	return process.platform === "linux" && Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

export function openBrowser(url: string): void {
	const opener = spawn(process.platform === "darwin" ? "open" : "xdg-open", [url], { detached: true, stdio: "ignore" })
	// The link is printed as well: without an opener the person uses that.
	opener.on("error", () => {})
	opener.unref()
}
