// What programs of all kinds have in common when they wait: words, in the languages that they speak.
import type { RuleSet } from "./rule-set.ts"

export const GENERIC: RuleSet = {
	id: "generic",
	version: 1,
	dialogs: [],
	menus: [],
	placeholders: [/^(?:Type|Enter|Send|Ask)\b.{0,40}\b(?:message|prompt|task|instructions?|anything)\b.{0,40}$/],
	working: [
		/\(?\b(?:esc|escape|ctrl\+c|ctrl-c)\b (?:twice |again )?to (?:interrupt|stop)\b/i,
		/\(esc to cancel, \d+[ms]/,
		/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏⣾⣽⣻⢿⡿⣟⣯⣷]\s+\S/,
	],
	below: [/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]\s+Waiting for\b/],
	waits: [],
}

/** Answers that give leave, as labels and as letters of `[y/n]` in many languages. */
export const YES =
	/^(?:y|yes|yep|yeah|ok|okay|sure|s|sí|si|sim|j|ja|o|oui|д|да|t|tak|是|是的|好|好的|确定|確定|确认|確認|同意|允许|允許|继续|繼續|はい|許可|예|네|허용)(?![\p{L}\p{N}])/iu
export const NO =
	/^(?:n|no|nope|non|não|nao|nein|nee|nie|нет|н|否|不|不是|取消|拒绝|拒絕|いいえ|拒否|キャンセル|아니오|아니요|거부|취소)(?![\p{L}\p{N}])/iu

/** Labels that give leave, as no other label does. */
export const GRANTS =
	/^(?:yes|allow|approve|accept|i accept|i agree|agree|trust|grant|authori[sz]e|permit|允许|允許|同意|批准|信任|接受|許可|はい|是|예|허용)(?![\p{L}\p{N}])/iu
/** Labels that go on, which is leave where the other way is a refusal. */
export const GOES_ON =
	/^(?:proceed|continue|confirm|ok|okay|run|apply|execute|delete|remove|overwrite|replace|install|update|push|publish|deploy|继续|繼續|确认|確認|确定|確定|执行|運行|运行|应用|删除|刪除|安装|実行|削除)(?![\p{L}\p{N}]|\s+without\b)/iu
/** Labels that refuse, as no other label does. */
export const DENIES =
	/^(?:no|nope|reject|deny|decline|disallow|refuse|don['’]?t|do not|拒绝|拒絕|否|不|いいえ|拒否|아니|거부)(?!\p{L})|^[否不](?=[，,、允同])/iu
export const REFUSES =
	/^(?:no|nope|reject|deny|decline|disallow|refuse|don['’]?t|do not|cancel|abort|exit|quit|never|not now|go back|拒绝|拒絕|否|不|取消|退出|いいえ|拒否|キャンセル|아니|거부|취소)(?!\p{L})|^[否不](?=[，,、允同])/iu
export const LEAVES = /^(?:skip|stop|keep|later|ignore|dismiss|跳过|忽略)(?!\p{L})/iu
/** In a label that gives leave: from now on. */
export const FOR_EVER =
	/\b(?:always|don['’]?t ask|do not ask|stop asking|again|(?:this|the|rest of(?: the)?|entire|running) session|for session|all (?:edits|commands|tools|files)|auto[- ]?(?:accept|approve|mode)|bypass|remember|every ?time|from now on|permanently|future)\b|\b(?:yes|allow|accept|approve) (?:to )?all\b|总是|始终|總是|不再(?:询问|詢問)|始終|本次会话|永久|常に|今後|항상/iu
/** A label behind which one types. */
export const FREE_TEXT =
	/^(?:type (?:something|your|a|own)|other\b|something else|custom\b|chat about this|let me (?:type|explain)|enter (?:your|a) |write (?:your|a) |其他|自定义|输入)/iu

/** What nobody may read; the rest of the row ends with a colon. */
export const SECRET =
	/(?:\b(?:password|passwort|passphrase|passcode|pass phrase|pass code|passwd|pin|pin code|api[ _-]?key|secret(?:[ _-]?(?:access[ _-]?)?key)?|access token|auth(?:entication|orization)? (?:token|code|key)|token|personal access token|one[- ]time (?:password|code|pin)|otp|(?:2|mfa|two)[- ]?(?:fa|factor)?(?: authentication)? code|mfa code|(?:security|verification|confirmation|recovery|authenticator|login|device|pairing) code|paste (?:the |your )?(?:\w+ )?code|(?:\d|six)-digit (?:\w+ )?code|private key|seed phrase|mnemonic|credentials?|contraseña|clave|senha|mot de passe|wachtwoord|hasło|heslo|parola|lösenord|adgangskode|passord|salasana|kata sandi|mật khẩu)(?![\p{L}_])|пароль|密码|密碼|口令|密钥|密鑰|令牌|验证码|驗證碼|パスワード|パスフレーズ|暗証番号|トークン|비밀번호|암호|인증 ?코드|parol)/iu
/** Of figures about secrets, not of secrets: and of their names. */
export const NO_SECRET =
	/\b(?:tokens? (?:usage|count|used|limit|budget|type|name|expir\w*|total|id)|(?:max|total|input|output|used)[ _]tokens?|(?:passwords?|tokens?|keys?|codes?) (?:policy|strength|manager|hint|file|length|generator|for which|reset|must|should|is|are|was|were|has|have|updated|changed|expired|incorrect|invalid)|pin(?:ned|ning)|key (?:name|type|id|file|path|size)|access key id|forgot)\b/iu

/** A question that asks for leave even where it does not say what may be answered. */
export const ASKS_LEAVE =
	/^(?:[\w./-]{1,40}: )?(?:are you (?:really |absolutely |very )?sure|(?:do|would) you (?:really |still )?(?:want|like|wish|agree|accept|trust|consent)|is (?:this|that|it) (?:ok|okay|correct|right|all ?right)|ok(?:ay)? to|proceed|continue|confirm|overwrite|override|replace|remove|delete|really|allow|accept|approve|install|upgrade|update|apply|run|execute|create|abort|discard|trust|save|restart|reboot|shut ?down|kill|terminate|stop|skip|retry|try again|merge|publish|deploy|push|send|commit|descend into|try to|write|unlink|move|download|enable|disable|destroy|reset|shall (?:i|we)|should (?:i|we)|may (?:i|we)|can (?:i|we)|¿(?:desea|está|quiere|continuar)|voulez-vous|êtes-vous|souhaitez-vous|möchten sie|sind sie|wollen sie|fortfahren|deseja|tem certeza|продолжить|вы уверены|удалить|хотите|是否|确定|確定|确认|確認|要不要|您(?:确定|想|要|是否)|你(?:确定|想|要|是否)|继续|覆盖|删除|本当に|続行|上書き|계속|정말|삭제)/iu

/** Words that ask for a line of text, before a colon. */
export const ASKS_TEXT =
	/(?:\b(?:enter|type|input|provide|specify|please|username|user name|user|login|e-?mail|name|title|description|message|address|url|uri|host(?:name)?|port|path|directory|folder|file ?name|version|author|license|licence|keywords|repository|entry point|test command|phone|number|date|value|answer|region|profile|account|organi[sz]ation|company|country|city|locality|state|province|domain|database|branch|tag|comment|reason|feedback|id|key id|output format|nombre|usuario|correo|nom|utilisateur|benutzername|benutzer|имя|логин|адрес)\b|用户名|使用者|账号|帳號|邮箱|姓名|名称|地址|路径|请输入|請輸入|输入|入力|ユーザー名|이름|사용자)/iu

/** Words that ask for one of several, before a colon or a marker. */
export const ASKS_CHOICE =
	/(?:\b(?:choice|choose|select(?:ion)?|option|pick|opción|elija|choix|auswahl|wählen|выбор|выберите)\b|选择|選擇|选项|请选|選択|番号|선택)/iu

export const ANY_KEY =
	/(?:\b(?:press|hit|tap|strike|push|type)\s+(?:the\s+)?(?:any\s+key|a\s+key|<?\[?(?:enter|return|space(?:bar)?|spacebar)\]?>?(?:\s+(?:or return|key|bar))?|\[?⏎\]?)(?!\w)|\bpresione (?:cualquier tecla|enter|intro)|\bpulse (?:cualquier|una) tecla|\bappuyez sur (?:une touche|entrée)|\b(?:beliebige taste|eingabetaste|enter) drücken|\bdrücken sie (?:eine|die) \w*taste|нажмите (?:любую клавишу|enter)|按(?:下)?(?:任意键|任意鍵|回车|回車|enter)|任意のキー|何かキーを|아무 키나|(?:enter|엔터)를? 누르)/iu
/** What of those goes on for itself, or ends. */
export const NO_ANY_KEY =
	/^\W{0,3}(?:to (?:quit|exit|stop|interrupt|cancel|restart|show|see|open|toggle|send|submit|select|confirm|hide|expand|edit|copy)|for (?:help|more commands|shortcuts))\b/iu

/** Only this word gives leave; or another one does, and is words. */
export const TYPE_WORD =
	/\b(?:type|enter|input|only)\s+(?:the word\s+)?(?:in\s+)?["'“‘`]([\p{L}\p{N} _./-]{1,40})["'”’`]|(?:请?输入|輸入|入力)\s*["'“‘「`]?([\p{L}\p{N}_-]{1,20})["'”’」`]?\s*(?:以|来|來|确认|確認|继续|して)/iu

export const TYPE_CAPITALS = /\b[Tt]ype ([A-Z]{2,20})\b/

/** Keys and what they do, as the foot of a dialog tells. */
const KEY =
	"(?:esc(?:ape)?|enter|return|space(?:bar)?|<space>|<enter>|<tab>|<a>|<i>|tab|(?:ctrl|shift|alt|option|cmd|⌃)[ +-]?\\S{1,5}|[↑↓←→⏎⇆↵⇧]+(?:[/ ][↑↓←→jk/]+)?|(?:up|down|left|right)(?:/(?:down|right))?(?: arrows?)?|arrow(?:s| keys)?|arrow-keys|number keys|\\b[a-z?/](?:/[a-z])*)"
const DEED =
	"(?:cancel|exit|go back|back|confirm|select|choose|pick|navigate|move|toggle|submit|amend|filter|search|quit|close|dismiss|accept|reject|deny|allow|approve|continue|skip|edit|add|expand|explain|save|switch|complete|change|help|enable|disable|shortcuts|options?|deselect|interrupt|view|scroll|open|fullscreen|yes|no|all|invert|proceed)"
export const HINT = new RegExp(
	`(?:^|[\\s(\\[·•|,;/-])${KEY}\\]?\\)?\\s*(?::|=|to|for|and|or)?\\s*${DEED}(?!\\p{L})`,
	"iu",
)
export const HINT_WORDS =
	/\b(?:use (?:the )?(?:arrow|number|↑)|use arrows|arrow[- ]keys|return to submit|press <?(?:space|enter|tab|esc|any key)|type to (?:filter|search)|number keys|space to select)\b|使用(?:方向|箭头|上下)|(?:按|回车)[^。]{0,12}(?:确认|选择|取消)|方向键|↑\s?\/?\s?↓/iu
