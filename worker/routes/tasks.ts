// Tasks.
import { Refusal } from "../../protocol/errors.ts"
import type { Handlers } from "../call.ts"

export const tasks: Handlers<
	| "listTasks"
	| "showTask"
	| "submitTasks"
	| "editTask"
	| "moveTask"
	| "cancelTask"
	| "retryTask"
	| "steerTask"
	| "followTask"
	| "followTaskLog"
	| "readArtifact"
	| "upload"
	| "readTaskLimits"
	| "writeTaskLimits"
	| "taskSchema"
	| "taskSecrets"
	| "taskInput"
	| "keepArtifact"
> = {
	async listTasks() {
		throw new Refusal("internal")
	},
	async showTask() {
		throw new Refusal("internal")
	},
	async submitTasks() {
		throw new Refusal("internal")
	},
	async editTask() {
		throw new Refusal("internal")
	},
	async moveTask() {
		throw new Refusal("internal")
	},
	async cancelTask() {
		throw new Refusal("internal")
	},
	async retryTask() {
		throw new Refusal("internal")
	},
	async steerTask() {
		throw new Refusal("internal")
	},
	async followTask() {
		throw new Refusal("internal")
	},
	async followTaskLog() {
		throw new Refusal("internal")
	},
	async readArtifact() {
		throw new Refusal("internal")
	},
	async upload() {
		throw new Refusal("internal")
	},
	async readTaskLimits() {
		throw new Refusal("internal")
	},
	async writeTaskLimits() {
		throw new Refusal("internal")
	},
	async taskSchema() {
		throw new Refusal("internal")
	},
	async taskSecrets() {
		throw new Refusal("internal")
	},
	async taskInput() {
		throw new Refusal("internal")
	},
	async keepArtifact() {
		throw new Refusal("internal")
	},
}
