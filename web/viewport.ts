// The part of the window that an on-screen keyboard leaves, for the style sheets: keyboards cover pages, not resize them.

export function followKeyboard(): void {
	const viewport = window.visualViewport
	if (viewport === null) return
	const follow = () => {
		// Zoomed in by two fingers, the window shows a part of the page; the page stays as it is.
		if (viewport.scale > 1) return
		const style = document.documentElement.style
		style.setProperty("--visible-height", `${viewport.height}px`)
		style.setProperty("--visible-top", `${viewport.offsetTop}px`)
	}
	viewport.addEventListener("resize", follow)
	viewport.addEventListener("scroll", follow)
	follow()
}
