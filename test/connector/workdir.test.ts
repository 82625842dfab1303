// Working directories of sessions: what has changed in them, whatever their repository would like to run; made whole or not at all.
import { execFileSync } from "node:child_process"
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { onHost } from "../../connector/place.ts"
import { writePrivate } from "../../connector/private-file.ts"
import { diffSince, hasChanged, recordBase } from "../../connector/workdir/changes.ts"
import { MAKING, makeWanted, placeWithin, planWorkingFolder } from "../../connector/workdir/make.ts"
import { newSessionId } from "../../protocol/ids.ts"

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "homeport-workdir-"))
	onTestFinished(() => rmSync(path, { recursive: true, force: true }))
	return path
}

/** A repository with one commit, and a shell in it. */
function repository(): { path: string; sh: (script: string) => string } {
	const path = folder()
	const sh = (script: string) => execFileSync("sh", ["-ec", script], { cwd: path, encoding: "utf8" })
	sh(`git init -q && git config user.email a@example.com && git config user.name a
		printf 'one\\ntwo\\nthree\\nfour\\n' > a && echo x > gone && mkdir sub && echo s > sub/s && git add -A && git commit -qm one`)
	return { path, sh }
}

describe("what has changed since the start", () => {
	test("committed or not, new and renamed files too; what was there before does not show", async () => {
		const { path, sh } = repository()
		const session = folder()
		sh("echo before >> a; echo before > untracked; echo ignored > .gitignore")
		await recordBase(path, session, "anywhere")
		sh("echo more >> a; git mv sub/s sub/t; rm gone; printf 'a\\0b' > bin; echo new > 'nä me'; echo no > ignored")
		sh("git add -A; git commit -qm two; echo last > last")
		const changes = await diffSince(onHost(path), path, session, "anywhere")
		expect(changes.base).toBe(sh("git rev-parse HEAD~1").trim())
		expect(changes.files).toEqual([
			{ path: "a", is: "changed", added: 1, removed: 0 },
			{ path: "bin", is: "added", added: null, removed: null },
			{ path: "gone", is: "removed", added: 0, removed: 1 },
			{ path: "last", is: "added", added: 1, removed: 0 },
			{ path: "nä me", is: "added", added: 1, removed: 0 },
			{ path: "sub/t", is: "renamed", added: 0, removed: 0 },
		])
		expect(changes.patch).toContain("+more\n")
		expect(changes.patch).not.toContain("+before")
		expect(changes.isCut).toBe(false)
		expect(
			(await diffSince(onHost(path), join(path, "sub"), session, "anywhere")).files.map(({ path }) => path),
		).toEqual(["sub/t"])
	})

	test("without changes it is empty; without a repository it is refused", async () => {
		const { path } = repository()
		const session = folder()
		await recordBase(path, session, "anywhere")
		expect(await diffSince(onHost(path), path, session, "anywhere")).toMatchObject({ files: [], patch: "" })
		expect(await hasChanged(path, session, "the start")).toBe(false)
		const plain = folder()
		const other = folder()
		await recordBase(plain, other, "anywhere")
		await expect(diffSince(onHost(plain), plain, other, "anywhere")).rejects.toMatchObject({ code: "not_comparable" })
		expect(await hasChanged(plain, other, "the start")).toBe(true)
	})

	test("a repository runs nothing of its own: no hook, monitor, filter, driver, alias, include or pager", async () => {
		const { path, sh } = repository()
		const session = folder()
		const marks = folder()
		const plant = join(marks, "plant")
		writeFileSync(plant, `#!/bin/sh\ntouch "${marks}/ran-$(date +%N)"\ncat\n`)
		chmodSync(plant, 0o755)
		const settings = {
			"core.fsmonitor": plant,
			"core.hooksPath": marks,
			"core.pager": plant,
			"core.sshCommand": plant,
			"core.gitProxy": plant,
			"core.attributesFile": join(marks, "attributes"),
			"core.worktree": path,
			"diff.external": plant,
			"diff.evil.textconv": plant,
			"diff.evil.command": plant,
			"filter.evil.clean": plant,
			"filter.evil.smudge": plant,
			"filter.evil.process": plant,
			"filter.evil.required": "true",
			"merge.evil.driver": plant,
			"gpg.program": plant,
			"include.path": join(marks, "included"),
			"alias.add": `!${plant}`,
			"interactive.diffFilter": plant,
		}
		writeFileSync(join(marks, "included"), `[core]\n\tfsmonitor = ${plant}\n[diff]\n\texternal = ${plant}\n`)
		writeFileSync(join(marks, "attributes"), "* filter=evil diff=evil merge=evil\n")
		sh("printf '* filter=evil diff=evil merge=evil\\n' > .gitattributes; git add -A; git commit -qm attributes")
		mkdirSync(join(path, ".git/hooks"), { recursive: true })
		for (const hook of ["post-index-change", "pre-commit", "reference-transaction", "fsmonitor-watchman"])
			symlinkSync(plant, join(path, ".git/hooks", hook))
		// By hand: git itself would run the monitor already.
		const lines = Object.entries(settings).map(([key, value]) => {
			const [section = "", name = "", last] = key.split(".")
			return last === undefined ? `[${section}]\n\t${name} = ${value}` : `[${section} "${name}"]\n\t${last} = ${value}`
		})
		writeFileSync(join(path, ".git/config"), `${readFileSync(join(path, ".git/config"), "utf8")}${lines.join("\n")}\n`)
		await recordBase(path, session, "anywhere")
		writeFileSync(join(path, "a"), "changed\n")
		const changes = await diffSince(onHost(path), path, session, "anywhere")
		expect(changes.files).toEqual([{ path: "a", is: "changed", added: 1, removed: 4 }])
		expect(readdirSync(marks).filter((name) => name.startsWith("ran-"))).toEqual([])
	})

	test("what leads out of a folder that a program was held in is no repository, and nothing is written there", async () => {
		const { path: other } = repository()
		const objects = () => readdirSync(join(other, ".git/objects"), { recursive: true }).length
		const before = objects()
		const plants: ((path: string) => void)[] = [
			(path) => writeFileSync(join(path, ".git"), `gitdir: ${join(other, ".git")}\n`),
			(path) => symlinkSync(join(other, ".git"), join(path, ".git")),
			(path) => {
				execFileSync("git", ["init", "-q"], { cwd: path })
				rmSync(join(path, ".git/objects"), { recursive: true })
				symlinkSync(join(other, ".git/objects"), join(path, ".git/objects"))
			},
			(path) => {
				execFileSync("git", ["init", "-q", "--separate-git-dir", join(path, "g")], { cwd: path })
				rmSync(join(path, "g/objects"), { recursive: true })
				symlinkSync(join(other, ".git/objects"), join(path, "g/objects"))
			},
			(path) => {
				execFileSync("git", ["init", "-q"], { cwd: path })
				writeFileSync(join(path, ".git/commondir"), join(other, ".git"))
			},
		]
		for (const plant of plants) {
			const [path, session] = [folder(), folder()]
			plant(path)
			writeFileSync(join(path, "new"), "new\n")
			await recordBase(path, session, "inside")
			expect(existsSync(join(session, "base.json"))).toBe(false)
		}
		expect(objects()).toBe(before)
	})
})

describe("a working directory of a session's own", () => {
	async function make(from: Parameters<typeof planWorkingFolder>[0]) {
		const [dataDir, session] = [folder(), folder()]
		const where = { dataDir, session: newSessionId(), name: "fix it", within: undefined }
		const making = await planWorkingFolder(from, where)
		await writePrivate(join(session, MAKING), making)
		await makeWanted(session, () => {})
		return { ...making, session, dataDir }
	}

	test("a copy has everything but sockets and pipes, its links as they are", async () => {
		const source = folder()
		mkdirSync(join(source, "in/-dash"), { recursive: true })
		writeFileSync(join(source, "in/-dash/fi le"), "x", { mode: 0o755 })
		symlinkSync("/etc/passwd", join(source, "link"))
		execFileSync("mkfifo", [join(source, "pipe")])
		const { folder: made } = await make({ is: "dir", path: source })
		expect(readFileSync(join(made, "in/-dash/fi le"), "utf8")).toBe("x")
		expect(readlinkSync(join(made, "link"))).toBe("/etc/passwd")
		expect(readdirSync(made).sort()).toEqual(["in", "link"])
	})

	test("a clone at a ref; a worktree on a branch of its own", async () => {
		const { path, sh } = repository()
		sh("git tag v1; echo two > b; git add -A; git commit -qm two")
		const clone = await make({ is: "git", url: path, ref: "v1" })
		expect(readdirSync(clone.folder).sort()).toEqual([".git", "a", "gone", "sub"])
		expect(await hasChanged(clone.folder, clone.session, "the start")).toBe(false)
		const tree = await make({ is: "worktree", path, ref: "HEAD" })
		expect(existsSync(join(tree.folder, "b"))).toBe(true)
		expect(sh("git branch --list 'homeport/*' --format '%(refname:short)'").trim()).toBe("homeport/fix-it")
		await make({ is: "worktree", path })
		expect(sh("git branch --list 'homeport/*' --format '%(refname:short)'").trim().split("\n")).toHaveLength(2)
	})

	test.each([
		["a dash for an address", { is: "git", url: "--upload-pack=touch x" } as const],
		["a command for an address", { is: "git", url: "ext::sh -c true" } as const],
		["a password in the address", { is: "git", url: "https://me:secret@example.com/a.git" } as const],
		["a dash for a ref", { is: "git", url: "https://example.com/a.git", ref: "--orphan" } as const],
		["a folder that is not there", { is: "dir", path: "/nowhere/at/all" } as const],
	])("%s is refused before anything is made", async (_, from) => {
		await expect(make(from)).rejects.toMatchObject({ name: "Refusal" })
	})

	test("a clone that fails leaves nothing", async () => {
		const dataDir = folder()
		const session = folder()
		const where = { dataDir, session: newSessionId(), name: "x", within: undefined }
		await writePrivate(join(session, MAKING), await planWorkingFolder({ is: "git", url: "/nowhere.git" }, where))
		await expect(makeWanted(session, () => {})).rejects.toMatchObject({ code: "start_failed" })
		expect(readdirSync(join(dataDir, "work"))).toEqual([])
	})

	test("a place within it stays within it; a worktree is for the host alone", async () => {
		expect(placeWithin("/work/app", "docs/../src")).toBe("/work/app/src")
		for (const place of ["..", "/etc", "a/../../b"]) expect(() => placeWithin("/work/app", place)).toThrow("leads out")
		const where = { dataDir: folder(), session: newSessionId(), name: "x", within: "sandbox" as const }
		await expect(planWorkingFolder({ is: "worktree", path: folder() }, where)).rejects.toMatchObject({
			code: "substrate_unavailable",
		})
	})
})
