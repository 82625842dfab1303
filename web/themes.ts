// How the terminal looks: its colours, light and dark, beside those of the page in styles/tokens.css.
import type { ITheme } from "@xterm/xterm"

const DARK: ITheme = {
	background: "#0c0e10",
	foreground: "#d6dade",
	cursor: "#7cc4ff",
	cursorAccent: "#0c0e10",
	selectionBackground: "#2f5d86a6",
	scrollbarSliderBackground: "#ffffff26",
	scrollbarSliderHoverBackground: "#ffffff40",
	scrollbarSliderActiveBackground: "#ffffff59",
	overviewRulerBorder: "#0c0e10",
	black: "#1b1f23",
	red: "#ff7b72",
	green: "#6cc784",
	yellow: "#d9b45b",
	blue: "#6cb0f2",
	magenta: "#c79bf0",
	cyan: "#5cc8cf",
	white: "#c3c9cf",
	brightBlack: "#78828c",
	brightRed: "#ffa198",
	brightGreen: "#8fe0a3",
	brightYellow: "#f0cf7d",
	brightBlue: "#9acbff",
	brightMagenta: "#dcbcff",
	brightCyan: "#87e2e8",
	brightWhite: "#f2f5f7",
}

const LIGHT: ITheme = {
	background: "#ffffff",
	foreground: "#24292e",
	cursor: "#0f5f9e",
	cursorAccent: "#ffffff",
	selectionBackground: "#9ccbf5a6",
	scrollbarSliderBackground: "#00000026",
	scrollbarSliderHoverBackground: "#00000040",
	scrollbarSliderActiveBackground: "#00000059",
	overviewRulerBorder: "#ffffff",
	black: "#24292e",
	red: "#b3261e",
	green: "#1a7037",
	yellow: "#7d5a00",
	blue: "#0f5f9e",
	magenta: "#7a3fb0",
	cyan: "#0b6b75",
	white: "#5f6972",
	brightBlack: "#6e7781",
	brightRed: "#c93a31",
	brightGreen: "#1f7f40",
	brightYellow: "#8a6500",
	brightBlue: "#1a6fb5",
	brightMagenta: "#8b50c4",
	brightCyan: "#0f7a85",
	brightWhite: "#454c54",
}

/** Smaller is not read, larger is not a terminal any more. */
export const MIN_FONT_SIZE = 6
export const MAX_FONT_SIZE = 32

/** A session of a larger window is drawn no smaller than this by itself: on a phone, what is smaller is not read. */
export function leastFontSize(): number {
	return matchMedia("(pointer: coarse)").matches ? 9 : MIN_FONT_SIZE
}

/** Of a line, in heights of the font. */
export const LINE_HEIGHT = 1.15

/** Programs choose colours for dark screens more often than not; this keeps their text readable on a light one. */
export const MINIMUM_CONTRAST = 4.5

export function terminalTheme(isDark: boolean): ITheme {
	return isDark ? DARK : LIGHT
}
