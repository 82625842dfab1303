// The part of the window that an on-screen keyboard leaves, for the style sheets: keyboards cover pages, not resize them.

export function followKeyboard(): void {
	const viewport = window.visualViewport
	if (viewport === null) return
	const follow = () => {
		const style = document.documentElement.style
		style.setProperty("--visible-height", `${viewport.height}px`)
		style.setProperty("--visible-top", `${viewport.offsetTop}px`)
	}
	viewport.addEventListener("resize", follow)
	viewport.addEventListener("scroll", follow)
	follow()
}
