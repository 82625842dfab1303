// A patch of many files, cut into the part of each, as real git writes it.
import { execFileSync } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { splitPatch } from "../../web/diff.ts"

let folder: string

const git = (...words: string[]) =>
	execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...words], {
		cwd: folder,
		encoding: "utf8",
	})

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "homeport-test-"))
	git("init", "--quiet")
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function commit(files: Record<string, string | Buffer>): void {
	for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
	git("add", "--all")
	git("commit", "--quiet", "--message", "before")
}

/** The patch, and the names of its files in the order in which they are listed. */
function changed() {
	git("add", "--all")
	const names = git("diff", "--cached", "--name-only", "-z").split("\0").slice(0, -1)
	return { names, patches: splitPatch(git("diff", "--cached")) }
}

it("has one part for each listed file, in their order", () => {
	commit({ "a b.txt": "one\n", "ü.txt": "two\n", "z.txt": "three\n" })
	writeFileSync(join(folder, "a b.txt"), "one\nmore\n")
	writeFileSync(join(folder, "ü.txt"), "other\n")
	unlinkSync(join(folder, "z.txt"))
	const { names, patches } = changed()
	expect(names).toEqual(["a b.txt", "z.txt", "ü.txt"].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
	expect(patches.map(({ lines }) => lines.filter(({ is }) => is !== "place").map(({ text }) => text))).toEqual([
		[" one", "+more"],
		["-three"],
		["-two", "+other"],
	])
})

it("takes no line of a file for the beginning of another", () => {
	commit({ a: "diff --git a/b b/b\n--- a/b\n+++ b/b\n@@ -1 +1 @@\n" })
	writeFileSync(join(folder, "a"), "diff --git a/c b/c\n--- a/b\n++ x\n@@ -1 +1 @@\n")
	const { patches } = changed()
	expect(patches).toHaveLength(1)
	expect(patches[0]?.lines.filter(({ is }) => is === "added").map(({ text }) => text)).toEqual([
		"+diff --git a/c b/c",
		"+++ x",
	])
	expect(patches[0]?.lines.filter(({ is }) => is === "place")).toHaveLength(1)
})

it("has a part without lines for what is no text and for what has another mode only", () => {
	commit({ binary: Buffer.from([0, 1, 2]), script: "true\n" })
	writeFileSync(join(folder, "binary"), Buffer.from([0, 3]))
	chmodSync(join(folder, "script"), 0o755)
	const { names, patches } = changed()
	expect(patches.map(({ lines }) => lines)).toEqual(names.map(() => []))
})

it("has one part for a file that became a link", () => {
	commit({ a: "content\n", b: "b\n" })
	unlinkSync(join(folder, "a"))
	symlinkSync("b", join(folder, "a"))
	writeFileSync(join(folder, "b"), "c\n")
	const { names, patches } = changed()
	expect(names).toEqual(["a", "b"])
	expect(patches).toHaveLength(2)
	expect(patches[1]?.lines.map(({ text }) => text)).toContain("+c")
})

it("keeps what there is of a patch that was cut", () => {
	expect(splitPatch("")).toEqual([])
	expect(splitPatch("diff --git a/a b/a\n@@ -1 +1 @@\n-on")[0]?.lines).toEqual([
		{ is: "place", text: "@@ -1 +1 @@" },
		{ is: "removed", text: "-on" },
	])
})
