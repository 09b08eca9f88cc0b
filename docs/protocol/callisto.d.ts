// Callisto, protocol 1.0. Generated from protocol/; `./callisto check --write` renews it.

/** Signs in with a password. */
export interface AccountLogin {
  username: string;
  password: string;
}

/** Gives a refresh token for a new pair. The same token and request id within 60 s give the same successor. */
export interface AccountRefresh {
  refresh_token: string;
  request_id: string;
}

/** Makes an account and its captain. */
export interface AccountRegister {
  username: string;
  password: string;
  email?: string | null;
}

/** One of the account's signed-in sessions. */
export interface AccountSessionItem {
  session_id: string;
  device: string;
  created_at: number;
  last_seen_at: number;
  current: boolean;
}

/** The account's signed-in sessions, newest first. */
export interface AccountSessions {
  items: AccountSessionItem[];
}

/** A signed-in session: opaque tokens, only their SHA-256 is stored. `expires_in` is seconds. */
export interface AccountTokens {
  access_token: string;
  refresh_token: string;
  token_type: string;
  expires_in: number;
  player_id: string;
  session_id: string;
}

/** Why a member is no longer one. */
export type Left = "deleted" | "disbanded" | "kicked" | "left";

/** The ship's companion: level 1-5, multiplier 1.0-1.5, relationship 0-100. */
export interface PlayerAria {
  level: number;
  multiplier: number;
  relationship: number;
  interactions: number;
}

/** The captain's credits are this now; `delta` is signed. */
export interface PlayerCreditsChanged {
  credits: number;
  delta: number;
  reason: string;
}

/** A captain's public card; without `player_id` one's own record. */
export interface PlayerGet {
  player_id?: string | null;
}

/** The captain: own record or public card. */
export interface PlayerGot {
  player: PlayerSeenPlayer;
}

/** One's own captain. `trade_bonus` is a fraction; `turns_full_at` is absent when the pool is full. */
export interface PlayerOwnPlayer {
  player_id: string;
  name: string;
  nickname: string | null;
  credits: number;
  turns: number;
  max_turns: number;
  tier: string;
  color: string;
  alignment: number;
  rank: string;
  rank_level: number;
  rank_points: number;
  aria: PlayerAria;
  sector_id: number;
  citizen: boolean;
  trade_bonus: number;
  onboarding_done: boolean;
  turns_full_at?: number | null;
  station_id?: string | null;
  planet_id?: string | null;
  ship_id?: string | null;
  team_id?: string | null;
}

/** A captain as the caller may see them: the public card, and for oneself the own record's fields as well. */
export interface PlayerSeenPlayer {
  player_id: string;
  name: string;
  tier: string;
  color: string;
  rank: string;
  team_tag?: string | null;
  online?: boolean | null;
  last_seen_at?: number | null;
  nickname?: string | null;
  credits?: number | null;
  turns?: number | null;
  max_turns?: number | null;
  alignment?: number | null;
  rank_level?: number | null;
  rank_points?: number | null;
  aria?: PlayerAria | null;
  sector_id?: number | null;
  citizen?: boolean | null;
  trade_bonus?: number | null;
  onboarding_done?: boolean | null;
  turns_full_at?: number | null;
  station_id?: string | null;
  planet_id?: string | null;
  ship_id?: string | null;
  team_id?: string | null;
}

/** A ship with its specification and cargo. */
export interface PlayerShip {
  ship_id: string;
  type: string;
  name: string;
  specs: Record<string, unknown>;
  cargo: Record<string, unknown>;
}

/** Who may join a team: everybody, the invited, nobody. */
export type Recruitment = "CLOSED" | "INVITE_ONLY" | "OPEN";

/** A member's role in a team. */
export type Role = "LEADER" | "MEMBER" | "OFFICER" | "RECRUIT";

/** What the client says of itself; kept as the session's device. */
export interface SessionClient {
  name?: string;
  version?: string;
  platform?: string;
  locale?: string;
}

/** Settles what became of a command. `never` closes its id: it will not run any more, and sending it is `conflict`. */
export interface SessionCommandStatus {
  command_id: string;
}

/** The token ends soon: refresh it and send session.reauth. */
export interface SessionExpiring {
  expires_at: number;
}

/** Where a stream is. `from` is the first number the caller may hear, in a team stream. */
export interface SessionHead {
  epoch: string;
  head: number;
  from?: number | null;
}

/** The server speaks first. */
export interface SessionHello {
  protocol: string;
  server_time_at: number;
  heartbeat_ms: number;
  start_timeout_ms: number;
  max_frame_bytes: number;
  resume_window_s: number;
  node: string;
  notices: string[];
}

/** This server is leaving: reconnect after `after_ms`. Commands are still answered until the close. */
export interface SessionMove {
  after_ms: number;
  reason: string;
}

/** Measures the way there and back; answered without the database. */
export interface SessionPing {
  at?: number;
}

/** The client's clock and ours. */
export interface SessionPong {
  at: number;
  server_at: number;
}

/** Where a client is in a stream: the last number it folded, and the epoch it belongs to. */
export interface SessionPosition {
  epoch: string;
  seq: number;
}

/** Whether a member of the team is connected. */
export interface SessionPresence {
  player_id: string;
  online: boolean;
}

/** Replaces the connection's token by a newer one of the same session, without reconnecting. */
export interface SessionReauth {
  token: string;
}

/** The new token is in place. */
export interface SessionReauthed {
  expires_at: number;
}

/** All a client needs to begin, as of the heads in `streams`: folding later events into it gives the next snapshot. */
export interface SessionSnapshot {
  at: number;
  streams: Record<string, SessionHead>;
  player: PlayerOwnPlayer;
  ship: PlayerShip | null;
  onboarding: Record<string, unknown> | null;
  team: TeamView | null;
  treasury: Record<string, number> | null;
  standings: SessionStanding[];
  alignment: number;
  rank: string;
  unread: SessionUnread;
  settings: Record<string, unknown>;
  presence: SessionPresence[];
}

/** The captain's standing with one faction. */
export interface SessionStanding {
  faction: string;
  name: string;
  value: number;
  level: string;
  title: string;
}

/** Signs the connection in, and replays what was missed since the cursors. Must be the first command. */
export interface SessionStart {
  token?: string;
  client?: SessionClient;
  cursors?: Record<string, SessionPosition>;
}

/** The session speaks for this captain. `head` is exactly where live begins. */
export interface SessionStarted {
  session_id: string;
  player_id: string;
  streams: Record<string, SessionHead>;
}

/** What became of a command: `done` with its `frame` (the answer or refusal), `running`, or `never`. */
export interface SessionStatus {
  state: string;
  frame?: Record<string, unknown> | null;
}

/** The cursor does not lead anywhere (too_old, ahead, epoch, gap): live begins at `head`; take a snapshot. */
export interface SessionStreamReset {
  stream: string;
  epoch: string;
  head: number;
  reason: string;
}

/** The state and the heads of the streams, read in one transaction. */
export interface SessionTakeSnapshot {}

/** Messages not yet read. */
export interface SessionUnread {
  direct?: number;
  team?: number;
}

/** A team as everybody may see it. */
export interface Team {
  team_id: string;
  name: string;
  recruitment_status: Recruitment;
  is_public: boolean;
  max_members: number;
  member_count: number;
  created_at: number;
  leader_id?: string | null;
  tag?: string | null;
  description?: string | null;
  logo?: string | null;
}

/** The team. */
export interface TeamAnswer {
  team: Team;
}

/** Founds a team with the caller as its leader. */
export interface TeamCreate {
  name: string;
  tag?: string | null;
  description?: string | null;
  recruitment_status?: Recruitment;
  max_members?: number;
}

/** The team exists. */
export interface TeamCreated {
  team: Team;
}

/** The public teams by name, optionally those whose name or tag holds `query`, or those open to everybody. */
export interface TeamDirectory {
  query?: string | null;
  open_only?: boolean;
  limit?: number;
  cursor?: string | null;
}

/** The team is no more. `payout` credits went to its leader. */
export interface TeamDisbanded {
  payout: number;
}

/** One is in a team now; its stream begins at `from_seq`, the number of one's own joining. `view` is the team as of then. */
export interface TeamEntered {
  team_id: string;
  epoch: string;
  from_seq: number;
  view: TeamView;
}

/** One is out of the team, and hears nothing more of it. */
export interface TeamExited {
  team_id: string;
  why: Left;
}

/** A team with its members; without `team_id` the caller's own. */
export interface TeamGet {
  team_id?: string | null;
}

/** The caller is out of the team. */
export interface TeamGone {
  team_id: string;
}

/** A team, its members by joining, and the caller's own place when a member. */
export interface TeamGot {
  team: Team;
  members: TeamMember[];
  my?: TeamMine | null;
}

/** The team's talk, newest first; `before` and `after` are message ids. Members see all of it. */
export interface TeamHistory {
  before?: string | null;
  after?: string | null;
  limit?: number;
  cursor?: string | null;
}

/** Joins an open team. */
export interface TeamJoin {
  team_id: string;
}

/** Puts a lower-ranking member out of the team, at once and on every connection. */
export interface TeamKick {
  player_id: string;
}

/** The captain is out of the team. */
export interface TeamKickedOut {
  player_id: string;
}

/** The team has another leader. */
export interface TeamLeaderChanged {
  old_leader_id: string;
  new_leader_id: string;
}

/** Leaves the team. A leader is succeeded; the last member ends the team and must say `disband_ok`. */
export interface TeamLeave {
  disband_ok?: boolean;
}

/** One line of a team's talk. */
export interface TeamLine {
  message_id: string;
  sender_id: string | null;
  sender_name: string;
  text: string;
  at: number;
  reply_to?: string | null;
}

/** Somebody said a line. */
export interface TeamLineSaid {
  message_id: string;
  sender_id: string;
  sender_name: string;
  text: string;
  reply_to?: string | null;
}

/** A page of lines, newest first. */
export interface TeamLines {
  items: TeamLine[];
  next_cursor?: string | null;
}

/** A page of teams by name. */
export interface TeamListed {
  items: Team[];
  next_cursor?: string | null;
}

/** One member. `online` is absent where privacy hides it. */
export interface TeamMember {
  player_id: string;
  name: string;
  role: Role;
  rights: TeamRights;
  joined_at: number;
  last_active_at?: number | null;
  online?: boolean | null;
}

/** Somebody is a member now. */
export interface TeamMemberJoined {
  player_id: string;
  name: string;
  role: Role;
  rights: TeamRights;
  joined_at: number;
}

/** Somebody is no member any more. */
export interface TeamMemberLeft {
  player_id: string;
  why: Left;
}

/** The caller's own place in the team. */
export interface TeamMine {
  role: Role;
  rights: TeamRights;
}

/** What a member may do beyond talking. */
export interface TeamRights {
  can_invite?: boolean;
  can_kick?: boolean;
  can_manage_treasury?: boolean;
  can_manage_missions?: boolean;
  can_manage_alliances?: boolean;
}

/** A member's role and rights are these now. */
export interface TeamRoleChanged {
  player_id: string;
  role: Role;
  rights: TeamRights;
}

/** The line is stored; everybody in the team hears it under this id. */
export interface TeamSaid {
  message_id: string;
  at: number;
}

/** Says one line to the caller's team. Every member hears `team.said`, the caller too. */
export interface TeamSay {
  text: string;
  reply_to?: string | null;
}

/** A team, its members by joining, and the caller's own place when a member. */
export interface TeamView {
  team: Team;
  members: TeamMember[];
  my?: TeamMine | null;
}

/** Any command may be refused with these. */
export type GeneralErrorCode = "bad_request" | "conflict" | "content_rejected" | "forbidden" | "idempotency_mismatch" | "internal" | "limit_exceeded" | "mfa_required" | "not_found" | "rate_limited" | "reauth_required" | "storage_low" | "unauthenticated" | "unavailable" | "unknown_command";

export type ErrorCode = GeneralErrorCode | "account.username_taken" | "muted" | "team.already_member" | "team.closed" | "team.cooldown" | "team.full" | "team.last_member" | "team.name_taken" | "team.none" | "treasury.insufficient";

export interface Commands {
  /** A captain's public card; without `player_id` one's own record. */
  "player.get": { fields: PlayerGet; answer: PlayerGot; refusals: GeneralErrorCode; query: true };
  /** Settles what became of a command. `never` closes its id: it will not run any more, and sending it is `conflict`. */
  "session.command_status": { fields: SessionCommandStatus; answer: SessionStatus; refusals: GeneralErrorCode; query: true };
  /** Measures the way there and back; answered without the database. */
  "session.ping": { fields: SessionPing; answer: SessionPong; refusals: GeneralErrorCode; query: true };
  /** Replaces the connection's token by a newer one of the same session, without reconnecting. */
  "session.reauth": { fields: SessionReauth; answer: SessionReauthed; refusals: GeneralErrorCode; query: true };
  /** The state and the heads of the streams, read in one transaction. */
  "session.snapshot": { fields: SessionTakeSnapshot; answer: SessionSnapshot; refusals: GeneralErrorCode; query: true };
  /** Signs the connection in, and replays what was missed since the cursors. Must be the first command. */
  "session.start": { fields: SessionStart; answer: SessionStarted; refusals: GeneralErrorCode; query: false };
  /** Founds a team with the caller as its leader. */
  "team.create": { fields: TeamCreate; answer: TeamAnswer; refusals: GeneralErrorCode | "team.already_member" | "team.cooldown" | "team.name_taken" | "treasury.insufficient"; query: false };
  /** The public teams by name, optionally those whose name or tag holds `query`, or those open to everybody. */
  "team.directory": { fields: TeamDirectory; answer: TeamListed; refusals: GeneralErrorCode; query: true };
  /** A team with its members; without `team_id` the caller's own. */
  "team.get": { fields: TeamGet; answer: TeamGot; refusals: GeneralErrorCode | "team.none"; query: true };
  /** The team's talk, newest first; `before` and `after` are message ids. Members see all of it. */
  "team.history": { fields: TeamHistory; answer: TeamLines; refusals: GeneralErrorCode | "team.none"; query: true };
  /** Joins an open team. */
  "team.join": { fields: TeamJoin; answer: TeamAnswer; refusals: GeneralErrorCode | "team.already_member" | "team.closed" | "team.cooldown" | "team.full"; query: false };
  /** Puts a lower-ranking member out of the team, at once and on every connection. */
  "team.kick": { fields: TeamKick; answer: TeamKickedOut; refusals: GeneralErrorCode | "team.none"; query: false };
  /** Leaves the team. A leader is succeeded; the last member ends the team and must say `disband_ok`. */
  "team.leave": { fields: TeamLeave; answer: TeamGone; refusals: GeneralErrorCode | "team.last_member" | "team.none"; query: false };
  /** Says one line to the caller's team. Every member hears `team.said`, the caller too. */
  "team.say": { fields: TeamSay; answer: TeamSaid; refusals: GeneralErrorCode | "muted" | "team.none"; query: false };
}

export type CommandName = keyof Commands;

export interface Events {
  /** The captain's credits are this now; `delta` is signed. */
  "player.credits_changed": PlayerCreditsChanged;
  /** The team exists. */
  "team.created": TeamCreated;
  /** The team is no more. `payout` credits went to its leader. */
  "team.disbanded": TeamDisbanded;
  /** One is in a team now; its stream begins at `from_seq`, the number of one's own joining. `view` is the team as of then. */
  "team.entered": TeamEntered;
  /** One is out of the team, and hears nothing more of it. */
  "team.exited": TeamExited;
  /** The team has another leader. */
  "team.leader_changed": TeamLeaderChanged;
  /** Somebody is a member now. */
  "team.member_joined": TeamMemberJoined;
  /** Somebody is no member any more. */
  "team.member_left": TeamMemberLeft;
  /** A member's role and rights are these now. */
  "team.role_changed": TeamRoleChanged;
  /** Somebody said a line. */
  "team.said": TeamLineSaid;
}

export type EventName = keyof Events;

export interface Signals {
  /** The server speaks first. */
  "hello": SessionHello;
  /** The token ends soon: refresh it and send session.reauth. */
  "session.expiring": SessionExpiring;
  /** This server is leaving: reconnect after `after_ms`. Commands are still answered until the close. */
  "session.move": SessionMove;
  /** The cursor does not lead anywhere (too_old, ahead, epoch, gap): live begins at `head`; take a snapshot. */
  "stream.reset": SessionStreamReset;
}

export type SignalName = keyof Signals;

/** A command as it is sent. `id` is 1-64 characters and the idempotency key of whatever changes something. */
export interface CommandFrame<N extends CommandName = CommandName> {
  t: N;
  id: string;
  d?: Commands[N]["fields"];
  deadline_ms?: number;
}

export interface AnswerFrame<N extends CommandName = CommandName> {
  re: string;
  ok: Commands[N]["answer"];
  replayed?: true;
  pos?: Record<string, number>;
}

export interface RefusalFrame {
  re: string | null;
  error: {
    code: ErrorCode;
    message: string;
    retryable: boolean;
    retry_after_ms?: number;
    fields?: { path: string; code: string; message: string }[];
    trace_id: string;
    [more: string]: unknown;
  };
}

/** Durable: numbered 1, 2, 3, ... without gaps per stream. Ignore names you do not know. */
export interface EventFrame<N extends EventName = EventName> {
  t: N;
  st: string;
  s: number;
  at: number;
  d: Events[N];
}

/** Neither stored nor numbered. Ignore names you do not know. */
export interface SignalFrame<N extends SignalName = SignalName> {
  t: N;
  at: number;
  d: Signals[N];
}

export interface CloseCodes {
  GOING_AWAY: 1001;
  UNSUPPORTED_DATA: 1003;
  UNKNOWN_ERROR: 4000;
  SERVER_RESTART: 4001;
  SLOW_CONSUMER: 4002;
  HEARTBEAT_TIMEOUT: 4003;
  REBALANCE: 4004;
  START_TIMEOUT: 4005;
  RATE_LIMITED: 4008;
  OVERLOADED: 4013;
  SESSION_REPLACED_STATE: 4200;
  TOKEN_EXPIRED: 4400;
  MALFORMED: 4500;
  ALREADY_STARTED: 4505;
  AUTHENTICATION_FAILED: 4510;
  UNSUPPORTED_PROTOCOL: 4511;
  CLIENT_TOO_OLD: 4512;
  SUPERSEDED: 4520;
  SIGNED_OUT: 4521;
  KICKED: 4522;
  BANNED: 4523;
  ACCOUNT_DELETED: 4524;
  MAINTENANCE: 4530;
}

export type Subprotocol = "callisto.v1.msgpack" | "callisto.v1.json";
