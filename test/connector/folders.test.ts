// Completion of working directories.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { completeFolders, workingDirectory } from "../../connector/folders.ts"

let root: string
beforeAll(async () => {
	root = await mkdtemp(join(tmpdir(), "homeport-folders-"))
	for (const name of ["alpha", "alps", ".hidden", "beta"]) await mkdir(join(root, name))
	await writeFile(join(root, "alfile"), "")
	await symlink(join(root, "beta"), join(root, "alias"))
})
afterAll(() => rm(root, { recursive: true }))

test("folders that begin with the path are listed, links to folders too, files never", async () => {
	const { folders } = await completeFolders(join(root, "al"))
	expect(folders).toEqual([join(root, "alias"), join(root, "alpha"), join(root, "alps")])
})

test("a path that ends with a slash lists what is in it, hidden folders only when asked for", async () => {
	expect((await completeFolders(`${root}/`)).folders).not.toContain(join(root, ".hidden"))
	expect((await completeFolders(`${root}/.h`)).folders).toEqual([join(root, ".hidden")])
})

test("a folder that does not exist lists nothing, and is refused as a working directory", async () => {
	expect((await completeFolders(join(root, "none/"))).folders).toEqual([])
	await expect(workingDirectory(join(root, "none"))).rejects.toMatchObject({ code: "directory_missing" })
	await expect(workingDirectory(join(root, "alfile"))).rejects.toMatchObject({ code: "directory_missing" })
})
