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

/** The captain's personal reputation is `new` now, with its tier and the colour of the name. */
export interface AlignmentChanged {
  old: number;
  new: number;
  tier: string;
  color: string;
  reason: string;
}

/** Changes a captain's personal reputation by a named `event` or by a bare `delta`: exactly one of the two. Events have their figures here; trading is good for 10 points a UTC day. A delta is trusted, within the range. */
export interface AlignmentRecord {
  player_id: string;
  event?: string | null;
  delta?: number | null;
  reason?: string | null;
}

/** What came of it. */
export interface AlignmentRecorded {
  applied: number;
  old: number;
  new: number;
  tier: string;
  color: string;
}

/** Gives a captain credits, or takes them where `delta` is negative: all of it or nothing. */
export interface CreditsAdjust {
  player_id: string;
  delta: number;
  reason: string;
}

/** What the captain has now. */
export interface CreditsAdjusted {
  credits: number;
}

/** Where the captain is now. */
export interface FlightArrived {
  sector_id: number;
  station_id?: string | null;
  planet_id?: string | null;
  region_id?: string | null;
}

/** Puts a captain and the ship they fly into a sector: docked at a station there, landed on a planet there, or in space. The region is the sector's; `region_id` is for sectors that have none. */
export interface FlightMove {
  player_id: string;
  sector_id: number;
  station_id?: string | null;
  planet_id?: string | null;
  region_id?: string | null;
}

/** The captain is here now: docked where `station_id` is, landed where `planet_id` is, else in space. */
export interface FlightMoved {
  sector_id: number;
  station_id?: string | null;
  planet_id?: string | null;
}

/** A ship of the captain's is no more; who flew it flies none. */
export interface FlightShipLost {
  ship_id: string;
}

/** A ship of the captain's is like this now; `current` says whether they fly it. */
export interface FlightShipUpdated {
  ship: PlayerShip;
  current: boolean;
}

/** Changes a captain's ship; without `ship_id` builds one of `type`, whole and empty, where the captain is. `cargo` says how much there is of the resources it names. A destroyed ship loses its cargo and does not come back. The first ship a captain has is flown at once; a later one with `make_current`. */
export interface FlightUpdate {
  player_id: string;
  ship_id?: string | null;
  type?: GuardShipType | null;
  name?: string | null;
  sector_id?: number | null;
  cargo?: Record<string, number> | null;
  insurance?: Record<string, unknown> | null;
  destroyed?: boolean;
  make_current?: boolean;
}

/** The ship as it is now, and whether the captain flies it. `destroyed` ships are flown by nobody. */
export interface FlightUpdated {
  ship: PlayerShip;
  current: boolean;
  destroyed?: boolean;
}

/** Who stands at the dock. */
export interface Guard {
  name: string;
  title: string;
  trait: string;
  description: string;
}

/** One turn: what the guard said, and once answered what was said to it; once heard, how that came across. */
export interface GuardExchange {
  turn: number;
  topic: string;
  text: string;
  asked_at: number;
  answer?: string | null;
  answered_at?: number | null;
  scores?: GuardScores | null;
  suspicion?: number | null;
  mood?: GuardMood | null;
  claims?: GuardFact[];
  contradictions?: string[];
  by?: GuardReader | null;
}

/** Something an answer claims. `with_turn` is the earlier turn it agrees with or contradicts. */
export interface GuardFact {
  text: string;
  kind: string;
  status: GuardFactStatus;
  with_turn?: number | null;
}

/** How a claim stands to what was claimed before. */
export type GuardFactStatus = "consistent" | "contradicts" | "new";

/** How the guard feels about the last answer. */
export type GuardMood = "annoyed" | "convinced" | "neutral" | "suspicious" | "very_suspicious";

/** One ship a newcomer may claim. The higher the tier, the harder to be believed. */
export interface GuardOffer {
  ship: GuardShipType;
  tier: number;
  specs: GuardSpecs;
}

/** What the guard decided. */
export type GuardOutcome = "FAILURE" | "PARTIAL_SUCCESS" | "SUCCESS";

/** Who read the answer: the word rules, or a language model. */
export type GuardReader = "model" | "rules";

/** Why an answer or a talk was judged so. `evidence` quotes the answers; `kind` is for programs. */
export interface GuardReason {
  text: string;
  evidence?: string | null;
  kind?: string;
}

/** How an answer came across, each 0 to 1. */
export interface GuardScores {
  persuasiveness: number;
  confidence: number;
  consistency: number;
  believability: number;
}

/** The hulls a newcomer may come by. */
export type GuardShipType = "CARGO_HAULER" | "CARRIER" | "COLONY_SHIP" | "DEFENDER" | "ESCAPE_POD" | "FAST_COURIER" | "LIGHT_FREIGHTER" | "SCOUT_SHIP";

/** How well somebody negotiates; it picks the threshold. */
export type GuardSkill = "AVERAGE" | "STRONG" | "WEAK";

/** What a hull can do. `evasion` is in percent, `speed` in sectors of a standard turn, `cargo` in units. */
export interface GuardSpecs {
  speed: number;
  turn_cost: number;
  warp_capable: boolean;
  cargo: number;
  drones: number;
  shields: number;
  hull: number;
  evasion: number;
  scanner: number;
  attack: number;
  defense: number;
}

/** How far a talk is: a ship is to be claimed, questions are asked, the reward may be taken. */
export type GuardStage = "completion" | "dialogue" | "ship_selection";

/** A talk with the guard as far as it is. `turn` is the question that waits for an answer; absent, none does. `scene` is the text of turn 1, which is answered by claiming a ship. `callsign` is a name heard in the answers. */
export interface GuardTalk {
  session_id: string;
  state: GuardStage;
  guard: Guard;
  scene: string;
  offers: GuardOffer[];
  attempts: number;
  exchanges: GuardExchange[];
  started_at: number;
  suspicion: number;
  turn?: number | null;
  ship?: GuardShipType | null;
  callsign?: string | null;
  verdict?: GuardVerdict | null;
}

/** Where the guard's suspicion went with the last answer. */
export type GuardTrend = "falling" | "rising" | "steady";

/** What the guard decided, and why. `bonus` is for trading, `notoriety` costs standing with the Terran Federation. */
export interface GuardVerdict {
  outcome: GuardOutcome;
  awarded_ship: GuardShipType;
  starting_credits: number;
  negotiation_skill: GuardSkill;
  final_score: number;
  threshold: number;
  bonus: boolean;
  notoriety: boolean;
  reasons: GuardReason[];
}

/** A way into a team until `expires_at`. `code` is there only in the answer that made it, and only of an open one. */
export interface Invitation {
  invitation_id: string;
  team_id: string;
  team_name: string;
  kind: InvitationKind;
  created_at: number;
  expires_at: number;
  inviter_id?: string | null;
  inviter_name?: string | null;
  player_id?: string | null;
  player_name?: string | null;
  max_uses?: number;
  uses?: number;
  code?: string | null;
}

/** The invitation. */
export interface InvitationAnswer {
  invitation: Invitation;
}

/** An invitation one had is over. */
export interface InvitationClosed {
  invitation_id: string;
  team_id: string;
  why: InvitationEnd;
}

/** Turns an invitation down. */
export interface InvitationDecline {
  invitation_id: string;
}

/** Why an invitation is over. */
export type InvitationEnd = "accepted" | "declined" | "disbanded" | "expired" | "revoked" | "used_up";

/** Asks a captain (`player_id` or `nickname`) into the caller's team for 7 days, or makes a code for `max_uses` captains (`open`). */
export interface InvitationInvite {
  player_id?: string | null;
  nickname?: string | null;
  open?: boolean;
  max_uses?: number | null;
}

/** A team asks one in. */
export interface InvitationInvited {
  invitation_id: string;
  team_id: string;
  team_name: string;
  inviter_id: string;
  inviter_name: string;
  expires_at: number;
}

/** For one captain, or for whoever holds the code. */
export type InvitationKind = "open" | "personal";

/** The caller's own invitations; with `team` those of the caller's team, for who may invite. */
export interface InvitationList {
  team?: boolean;
  limit?: number;
  cursor?: string | null;
}

/** The invitation is over. */
export interface InvitationOver {
  invitation_id: string;
}

/** Takes back an invitation of the caller's team; needs the right to invite. */
export interface InvitationRevoke {
  invitation_id: string;
}

/** A page of open invitations, newest first. */
export interface Invitations {
  items: Invitation[];
  next_cursor?: string | null;
}

/** Ends the team; for the leader, who gets what credits are left. */
export interface LeadingDisband {}

/** The team is no more; `payout` credits went to its leader. */
export interface LeadingEnded {
  team_id: string;
  payout: number;
}

/** The member's role and rights as they are now. */
export interface LeadingRanked {
  player_id: string;
  role: Role;
  rights: TeamRights;
}

/** Gives a member another role, with exactly its rights; for the leader. To make a leader, transfer. */
export interface LeadingSetRole {
  player_id: string;
  role: Role;
}

/** Hands the team to a member; the leader becomes an officer. */
export interface LeadingTransfer {
  player_id: string;
}

/** Changes what is said of a team and who may join; for leader and officers. What is left out stays; null clears. */
export interface LeadingUpdate {
  description?: string | null;
  tag?: string | null;
  logo?: string | null;
  recruitment_status?: Recruitment;
  max_members?: number;
  is_public?: boolean;
  join_requirements?: TeamRequirements | null;
  resource_sharing?: TeamSharing | null;
}

/** The team is this now. */
export interface LeadingUpdated {
  team: Team;
}

/** Why a member is no longer one. */
export type Left = "deleted" | "disbanded" | "kicked" | "left";

/** Hears a captain no more: neither letters nor invitations. They are not told. */
export interface MessagingBlock {
  player_id: string;
}

/** Whether the caller hears this captain now. */
export interface MessagingBlockAnswer {
  player_id: string;
  blocked: boolean;
}

/** Somebody the caller does not hear. */
export interface MessagingBlocked {
  player_id: string;
  name: string;
  since_at: number;
}

/** Those the caller does not hear, newest first. */
export interface MessagingBlocks {
  limit?: number;
  cursor?: string | null;
}

/** A page of those the caller does not hear, newest first. */
export interface MessagingBlocksPage {
  items: MessagingBlocked[];
  next_cursor?: string | null;
}

/** The priorities a captain may choose. */
export type MessagingChosen = "high" | "low" | "normal";

/** Throws letters away on the caller's own side; the other side keeps them. */
export interface MessagingDelete {
  message_ids: string[];
}

/** One threw letters away; `unread` are left. */
export interface MessagingDeleted {
  message_ids: string[];
  unread: number;
}

/** The letters are gone from the caller's side; `unread` are left. */
export interface MessagingDeletedAnswer {
  message_ids: string[];
  unread: number;
}

/** A stack of letters. */
export type MessagingFolder = "inbox" | "sent" | "unread";

/** Letters, newest first: those received, sent, or unread. With `thread_id` and no folder: that whole thread, both sides. */
export interface MessagingInbox {
  folder?: MessagingFolder | null;
  type?: MessagingLetterType | null;
  thread_id?: string | null;
  search?: string | null;
  limit?: number;
  cursor?: string | null;
}

/** One letter as the caller may see it. `read_at` of one's own letters is there when the reader lets others know. */
export interface MessagingLetter {
  message_id: string;
  thread_id: string;
  type: MessagingLetterType;
  sender_name: string;
  content: string;
  priority: MessagingPriority;
  sent_at: number;
  sender_id?: string | null;
  recipient_id?: string | null;
  recipient_name?: string | null;
  subject?: string | null;
  reply_to?: string | null;
  read_at?: number | null;
}

/** From a captain, or from the game. */
export type MessagingLetterType = "player" | "system";

/** A page of letters, newest first. */
export interface MessagingLetters {
  items: MessagingLetter[];
  next_cursor?: string | null;
}

/** Somebody in a thread. */
export interface MessagingParty {
  player_id: string;
  name: string;
}

/** How much a message asks for notice. Captains cannot send urgent ones. */
export type MessagingPriority = "high" | "low" | "normal" | "urgent";

/** Marks letters to the caller as read: those named, or all of a thread. */
export interface MessagingRead {
  message_ids?: string[] | null;
  thread_id?: string | null;
}

/** The letters are read; `unread` are left. */
export interface MessagingReadAnswer {
  read_at: number;
  unread: number;
}

/** A letter came. `preview` are the first 100 characters; without `sender_id` it is from the game. */
export interface MessagingReceived {
  message_id: string;
  thread_id: string;
  sender_name: string;
  preview: string;
  content: string;
  priority: MessagingPriority;
  delivery: MessagingSurface[];
  sender_id?: string | null;
  subject?: string | null;
  reply_to?: string | null;
}

/** Somebody read letters of one's own. */
export interface MessagingSeen {
  message_ids: string[];
  player_id: string;
  read_at: number;
}

/** Writes to a captain, named by id or nickname. A reply goes into the thread of what it replies to. */
export interface MessagingSend {
  to: string;
  content: string;
  subject?: string | null;
  priority?: MessagingChosen;
  reply_to?: string | null;
}

/** One wrote a letter; for one's other devices. */
export interface MessagingSent {
  message_id: string;
  thread_id: string;
  recipient_id: string;
  recipient_name: string;
  content: string;
  priority: MessagingPriority;
  subject?: string | null;
  reply_to?: string | null;
}

/** The letter is stored. */
export interface MessagingSentAnswer {
  message_id: string;
  thread_id: string;
  at: number;
}

/** Where a message shows up. */
export type MessagingSurface = "inbox" | "modal" | "push" | "toast";

/** A thread as the caller sees it: the last letter, who is in it, how many letters there are and how many are unread. */
export interface MessagingThread {
  thread_id: string;
  last: MessagingLetter;
  participants: MessagingParty[];
  count: number;
  unread_count: number;
}

/** The caller's threads with their last letter, newest first. */
export interface MessagingThreads {
  limit?: number;
  cursor?: string | null;
}

/** A page of threads, by their last letter, newest first. */
export interface MessagingThreadsPage {
  items: MessagingThread[];
  next_cursor?: string | null;
}

/** Hears a captain again. What they wrote meanwhile stays unheard. */
export interface MessagingUnblock {
  player_id: string;
}

/** One read letters; `unread` are left. */
export interface MessagingWasRead {
  message_ids: string[];
  unread: number;
}

/** The words are stored; the guard's reply comes as events. */
export interface OnboardingAnswerHeard {
  turn: number;
  heard: boolean;
}

/** Answers the guard's question. `turn` is the number of the `onboarding.guard_spoke` being answered. */
export interface OnboardingAnswerQuestion {
  turn: number;
  text: string;
}

/** A question is answered; the guard thinks. */
export interface OnboardingAnswered {
  turn: number;
  text: string;
  answered_at: number;
  callsign?: string | null;
}

/** Says which of the offered ships is one's own. The truth, the escape pod, gets its verdict at once. */
export interface OnboardingClaim {
  ship: GuardShipType;
  text: string;
}

/** The claim is stored. `turn` is the number of the guard's next line, which comes as an event. */
export interface OnboardingClaimHeard {
  state: GuardStage;
  turn: number;
}

/** A ship is claimed, with these words. */
export interface OnboardingClaimed {
  ship: GuardShipType;
  text: string;
  answered_at: number;
  callsign?: string | null;
}

/** Takes the reward, exactly once. The credits replace those the captain had. With `nickname_confirmed` the captain takes `nickname_override`, or else the name the guard heard; a name that may not be is no obstacle to the rest. */
export interface OnboardingComplete {
  nickname_confirmed?: boolean;
  nickname_override?: string | null;
}

/** The reward is taken, the arrival over. `trade_bonus` is the captain's from now on. */
export interface OnboardingCompleted {
  outcome: GuardOutcome;
  ship_id: string;
  credits: number;
  trade_bonus: number;
}

/** The guard says line `turn`, and how the answer to the turn before came across. A `final` line is no question. */
export interface OnboardingGuardSpoke {
  turn: number;
  text: string;
  topic: string;
  asked_at: number;
  mood: GuardMood;
  suspicion: number;
  trend: GuardTrend;
  scores: GuardScores;
  by: GuardReader;
  claims: GuardFact[];
  contradictions: string[];
  final: boolean;
}

/** One's own talks with the guards, the open one included, newest first. */
export interface OnboardingHistory {
  limit?: number;
  cursor?: string | null;
}

/** A piece of the guard's line `turn` while a model writes it; `text` begins at character `offset` of the line. Pieces may be lost and the line may be thrown away: what the guard says is in the `onboarding.guard_spoke` of that turn. */
export interface OnboardingLineDelta {
  turn: number;
  text: string;
  offset?: number;
}

/** The talk that is open, resumed or begun. */
export interface OnboardingOpened {
  session_id: string;
  state: GuardStage;
  guard: Guard;
  scene: string;
  offers: GuardOffer[];
  attempts: number;
  exchanges: GuardExchange[];
  started_at: number;
  suspicion: number;
  turn?: number | null;
  ship?: GuardShipType | null;
  callsign?: string | null;
  verdict?: GuardVerdict | null;
}

/** A talk as it went. `completed_at` is when the guard decided, `granted_at` when the reward was taken. */
export interface OnboardingPastTalk {
  session_id: string;
  started_at: number;
  guard: Guard;
  offers: GuardShipType[];
  exchanges: GuardExchange[];
  ship?: GuardShipType | null;
  verdict?: GuardVerdict | null;
  completed_at?: number | null;
  granted_at?: number | null;
}

/** A page of talks, newest first; at most 20 a page. */
export interface OnboardingPasts {
  items: OnboardingPastTalk[];
  next_cursor?: string | null;
}

/** Drops the open talk and begins anew. Guard and ships are drawn three times at most; later restarts meet the last again. */
export interface OnboardingRestart {}

/** The ship and credits that are the captain's now. `nickname_rejected_reason`: length, charset, profanity or taken. `tutorial_offered` says that `player.start_tutorial` may be asked for. */
export interface OnboardingRewarded {
  ship: PlayerShip;
  credits: number;
  outcome: GuardOutcome;
  nickname?: string | null;
  nickname_rejected_reason?: string | null;
  tutorial_offered?: boolean;
}

/** Meets the guard, or resumes the open talk as it is. Ships and guard are drawn at the first start and never by a later one. */
export interface OnboardingStart {}

/** A talk has begun, in place of the one before. */
export interface OnboardingTalkStarted {
  talk: GuardTalk;
}

/** The guard has decided. */
export interface OnboardingVerdictGiven {
  outcome: GuardOutcome;
  awarded_ship: GuardShipType;
  starting_credits: number;
  negotiation_skill: GuardSkill;
  final_score: number;
  threshold: number;
  bonus: boolean;
  notoriety: boolean;
  reasons: GuardReason[];
}

/** The ship's companion: level 1-5, multiplier 1.0-1.5, relationship 0-100. */
export interface PlayerAria {
  level: number;
  multiplier: number;
  relationship: number;
  interactions: number;
}

/** ARIA and the captain stand like this now. */
export interface PlayerAriaChanged {
  level: number;
  multiplier: number;
  relationship: number;
  interactions?: number | null;
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

/** The captain was given this ship, and flies it now. */
export interface PlayerShipAwarded {
  ship: PlayerShip;
}

/** Notes that the captain has begun the tutorial that `onboarding.complete` offers; again is no change. The steps are the client's. */
export interface PlayerStartTutorial {}

/** The tutorial is begun. */
export interface PlayerTutorialStarted {
  tutorial_started: boolean;
}

/** The nickname as it is now. */
export interface PreferencesNamed {
  nickname: string;
}

/** A captain has another nickname. */
export interface PreferencesRenamed {
  player_id: string;
  nickname: string;
}

/** Takes another nickname, at most once in 30 days. The old one is kept from others for as long. */
export interface PreferencesSetNickname {
  nickname: string;
}

/** All settings by group, with defaults where the captain chose nothing. */
export interface PreferencesSettings {
  settings: Record<string, unknown>;
}

/** All settings are these now. */
export interface PreferencesSettingsChanged {
  settings: Record<string, unknown>;
}

/** Changes settings by a JSON merge patch per group: `{"audio": {"music": 0.2}}`; null gives back the default. */
export interface PreferencesUpdateSettings {
  patch: Record<string, unknown>;
}

/** Who may join a team: everybody, the invited, nobody. */
export type Recruitment = "CLOSED" | "INVITE_ONLY" | "OPEN";

/** One change of a standing, and why. */
export interface ReputationChange {
  faction: string;
  kind: string;
  delta: number;
  old: number;
  new: number;
  old_level: string;
  level: string;
  reason: string;
  at: number;
}

/** A page of changes, newest first. */
export interface ReputationChanges {
  items: ReputationChange[];
  next_cursor?: string | null;
}

/** What a standing does: `trade_modifier` is added to prices (negative is a discount), `port_access_level` is 0 none to 3 full. */
export interface ReputationEffects {
  trade_modifier: number;
  port_access_level: number;
  combat_response: string;
  mission_availability: string[];
}

/** A faction. `allyable` says whether standing with it can rise above 0; `rival` is the faction that resents one's gains. */
export interface ReputationFaction {
  faction: string;
  name: string;
  type: string;
  description: string;
  aggression: number;
  stance: string;
  color_primary: string;
  color_secondary: string;
  allyable: boolean;
  rival?: string | null;
}

/** All factions by code. */
export interface ReputationFactions {
  items: ReputationFaction[];
}

/** One standing explained: its latest changes, what the next tier needs, and what rivals make of a gain. */
export interface ReputationGet {
  faction: string;
}

/** One standing, its latest changes, and the most that may be gained now. */
export interface ReputationGot {
  standing: ReputationStanding;
  recent: ReputationChange[];
  room: number;
  rivalry?: ReputationRivalry | null;
}

/** The captain's standing with every faction, and what it gives. */
export interface ReputationListStandings {}

/** The captain's standing with every faction, by its code. */
export interface ReputationListed {
  items: ReputationStanding[];
}

/** A standing as a command changed it; `delta` is 0 where nothing changed. */
export interface ReputationMoved {
  faction: string;
  old: number;
  new: number;
  delta: number;
  level: string;
}

/** The tier above, and the value it begins at. */
export interface ReputationNextTier {
  level: string;
  at_value: number;
}

/** All factions, with their rivals and colours. */
export interface ReputationReadFactions {}

/** Every change of the captain's standing with one faction, newest first. */
export interface ReputationReadHistory {
  faction: string;
  limit?: number;
  cursor?: string | null;
}

/** Changes a captain's standing by a named `event` or by a bare `delta`: exactly one of the two. Events have their figures here and are throttled: 10 paid ones a faction and UTC day, 100 points a day in all. A delta is trusted. Rivalry, caps and range hold for both. `faction` is needed with a delta, `trade_volume` and `gate_destroyed`; with other events it must be one they concern. `amount` is what `trade_volume` (credits) and `quantum_shards` (shards) count; what does not make a whole point is carried. */
export interface ReputationRecord {
  player_id: string;
  faction?: string | null;
  event?: string | null;
  delta?: number | null;
  reason?: string | null;
  amount?: number | null;
}

/** What came of it: `applied` is the sum over the factions that were meant, `changes` holds what rivals lost as well. */
export interface ReputationRecorded {
  applied: number;
  changes: ReputationMoved[];
}

/** The rival of a faction: while its value is above 0 both values together are at most `cap`, and it loses `share` of every gain. */
export interface ReputationRivalry {
  faction: string;
  name: string;
  value: number;
  cap: number;
  share: number;
}

/** The captain's standing with one faction. `next_tier` is absent at the top; `locked_until` is absent for a lock without an end. */
export interface ReputationStanding {
  faction: string;
  name: string;
  value: number;
  level: string;
  title: string;
  trade_modifier: number;
  port_access_level: number;
  combat_response: string;
  mission_availability: string[];
  locked: boolean;
  next_tier?: ReputationNextTier | null;
  locked_until?: number | null;
}

/** The captain's standing with a faction is `new` now, with everything that follows from it. */
export interface ReputationStandingChanged {
  faction: string;
  old: number;
  new: number;
  delta: number;
  reason: string;
  level: string;
  title: string;
  effects: ReputationEffects;
  tier_crossed: boolean;
  next_tier?: ReputationNextTier | null;
  locked?: boolean;
}

/** What a treasury can hold. */
export type Resource = "bio_samples" | "credits" | "dark_matter" | "equipment" | "fuel" | "luxury_items" | "organics" | "plasma" | "precious_metals" | "quantum_crystals" | "raw_materials" | "technology";

/** A member's role in a team. */
export type Role = "LEADER" | "MEMBER" | "OFFICER" | "RECRUIT";

/** Tells something to everybody. */
export interface ServiceAnnounce {
  text: string;
}

/** Everybody who is connected hears it, and everybody else when they come back. */
export interface ServiceAnnounced {}

/** Commands that are performed one after the other, each on its own: what one is refused does not stop the next. Every element is a `BatchItem`; one that is not is refused by itself. */
export interface ServiceBatch {
  commands: unknown[];
}

/** What each command of a batch came to, in their order: its answer frame as on a socket. */
export interface ServiceBatchResults {
  results: Record<string, unknown>[];
}

/** Somewhere to land. */
export interface ServicePlanet {
  planet_id: string;
  name: string;
  sector_id: number;
  type: string;
  status: string;
}

/** Regions, sectors, stations and planets. */
export interface ServiceReadWorld {}

/** A part of the galaxy. */
export interface ServiceRegion {
  region_id: string;
  name: string;
  display_name: string;
  type: string;
  status: string;
}

/** A place, by the number captains call it. */
export interface ServiceSector {
  sector_id: number;
  name: string;
  type: string;
  hazard_level: number;
  region_id?: string | null;
  controlling_faction?: string | null;
}

/** Somewhere to dock. */
export interface ServiceStation {
  station_id: string;
  name: string;
  sector_id: number;
  type: string;
  station_class: string;
  status: string;
  services: Record<string, unknown> | unknown[];
  faction?: string | null;
}

/** The game tells everybody something. */
export interface ServiceSystemAnnounced {
  text: string;
}

/** The whole small world, every list by number or name. */
export interface ServiceWorld {
  regions: ServiceRegion[];
  sectors: ServiceSector[];
  stations: ServiceStation[];
  planets: ServicePlanet[];
}

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
  onboarding: GuardTalk | null;
  team: TeamView | null;
  treasury: Record<string, number> | null;
  standings: ReputationStanding[];
  alignment: number;
  rank: string;
  unread: SessionUnread;
  settings: Record<string, unknown>;
  presence: SessionPresence[];
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

/** Who may take from a team's treasury: all members, those with the right, nobody without asking. */
export type SharingPolicy = "PERMISSION_BASED" | "REQUEST_ONLY" | "SHARED";

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
  join_requirements?: TeamRequirements | null;
  resource_sharing?: TeamSharing | null;
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

/** One is in a team now; its stream begins at `from_seq`, the number of one's own joining. `view` and `treasury` are of then. */
export interface TeamEntered {
  team_id: string;
  epoch: string;
  from_seq: number;
  view: TeamView;
  treasury: Record<string, number>;
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

/** Joins a team: an open one by `team_id`, or one that asked the caller by `invitation_id` or `code`. Exactly one of the three. */
export interface TeamJoin {
  team_id?: string | null;
  invitation_id?: string | null;
  code?: string | null;
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

/** What a captain must be to join. `min_faction` is the least standing by faction code. */
export interface TeamRequirements {
  min_rank_level?: number | null;
  min_personal_reputation?: number | null;
  min_faction?: Record<string, number> | null;
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

/** Who may take from the treasury, and how much a day. */
export interface TeamSharing {
  policy?: SharingPolicy;
  member_withdraw_daily_limit?: number;
}

/** A team, its members by joining, and the caller's own place when a member. */
export interface TeamView {
  team: Team;
  members: TeamMember[];
  my?: TeamMine | null;
}

/** What the treasury holds, for each resource. */
export interface TreasuryBalances {
  balances: Record<string, number>;
}

/** A ship of the captain's holds this now. */
export interface TreasuryCargoChanged {
  ship_id: string;
  cargo: Record<string, unknown>;
}

/** The team owns `balance` of a resource now; `amount` is the signed change. `actor_id` is absent when the game itself did it. */
export interface TreasuryChanged {
  resource: Resource;
  balance: number;
  amount: number;
  kind: string;
  transfer_id: string;
  actor_id?: string | null;
  counterparty_id?: string | null;
}

/** Gives to the team: credits from the wallet, anything else from the hold of the docked or landed ship. */
export interface TreasuryDeposit {
  resource: Resource;
  amount: number;
}

/** What the caller's team owns. */
export interface TreasuryGet {}

/** One movement. `amount` is the signed change of the treasury, `balance` what it held of the resource afterwards. */
export interface TreasuryItem {
  transfer_id: string;
  kind: string;
  resource: Resource;
  amount: number;
  balance: number;
  at: number;
  actor_id?: string | null;
  counterparty_id?: string | null;
  reason?: string | null;
}

/** A page of movements, newest first. */
export interface TreasuryLedger {
  items: TreasuryItem[];
  next_cursor?: string | null;
}

/** What the treasury holds now, and the movement that made it so. */
export interface TreasuryMoved {
  transfer_id: string;
  balances: Record<string, number>;
}

/** Every movement of the team's treasury, newest first, optionally of one kind or one resource. All members see all of it. */
export interface TreasuryReadLedger {
  kind?: string | null;
  resource?: Resource | null;
  limit?: number;
  cursor?: string | null;
}

/** Gives from the team to another member, with the right to. Cargo goes to their ship, which must be docked or landed. */
export interface TreasuryTransfer {
  player_id: string;
  resource: Resource;
  amount: number;
  reason?: string | null;
}

/** Takes from the team, with the right to: credits to the wallet, anything else to the hold of the docked or landed ship. */
export interface TreasuryWithdraw {
  resource: Resource;
  amount: number;
  reason?: string | null;
}

/** Any command may be refused with these. */
export type GeneralErrorCode = "bad_request" | "conflict" | "content_rejected" | "forbidden" | "idempotency_mismatch" | "internal" | "limit_exceeded" | "mfa_required" | "not_found" | "onboarding.required" | "rate_limited" | "reauth_required" | "storage_low" | "team.none" | "treasury.insufficient" | "unauthenticated" | "unavailable" | "unknown_command";

export type ErrorCode = GeneralErrorCode | "account.username_taken" | "message.refused_by_recipient" | "message.self" | "muted" | "nickname.charset" | "nickname.cooldown" | "nickname.length" | "nickname.profanity" | "nickname.taken" | "onboarding.already_claimed" | "onboarding.already_completed" | "onboarding.expired" | "onboarding.no_outcome" | "onboarding.no_question" | "onboarding.not_offered" | "onboarding.wrong_turn" | "reputation.locked" | "team.already_member" | "team.closed" | "team.cooldown" | "team.full" | "team.invites_closed" | "team.last_member" | "team.name_taken" | "team.requirements" | "team.too_small" | "thread_limit_exceeded" | "treasury.daily_limit" | "treasury.no_cargo_space" | "treasury.not_docked";

export interface Commands {
  /** Changes a captain's personal reputation by a named `event` or by a bare `delta`: exactly one of the two. Events have their figures here; trading is good for 10 points a UTC day. A delta is trusted, within the range. */
  "alignment.record": { fields: AlignmentRecord; answer: AlignmentRecorded; refusals: GeneralErrorCode; query: false };
  /** Tells something to everybody. */
  "announce": { fields: ServiceAnnounce; answer: ServiceAnnounced; refusals: GeneralErrorCode; query: false };
  /** Gives a captain credits, or takes them where `delta` is negative: all of it or nothing. */
  "credits.adjust": { fields: CreditsAdjust; answer: CreditsAdjusted; refusals: GeneralErrorCode; query: false };
  /** Hears a captain no more: neither letters nor invitations. They are not told. */
  "message.block": { fields: MessagingBlock; answer: MessagingBlockAnswer; refusals: GeneralErrorCode; query: false };
  /** Those the caller does not hear, newest first. */
  "message.blocks": { fields: MessagingBlocks; answer: MessagingBlocksPage; refusals: GeneralErrorCode; query: true };
  /** Throws letters away on the caller's own side; the other side keeps them. */
  "message.delete": { fields: MessagingDelete; answer: MessagingDeletedAnswer; refusals: GeneralErrorCode; query: false };
  /** Letters, newest first: those received, sent, or unread. With `thread_id` and no folder: that whole thread, both sides. */
  "message.inbox": { fields: MessagingInbox; answer: MessagingLetters; refusals: GeneralErrorCode; query: true };
  /** Marks letters to the caller as read: those named, or all of a thread. */
  "message.read": { fields: MessagingRead; answer: MessagingReadAnswer; refusals: GeneralErrorCode; query: false };
  /** Writes to a captain, named by id or nickname. A reply goes into the thread of what it replies to. */
  "message.send": { fields: MessagingSend; answer: MessagingSentAnswer; refusals: GeneralErrorCode | "message.refused_by_recipient" | "message.self" | "muted" | "thread_limit_exceeded"; query: false };
  /** The caller's threads with their last letter, newest first. */
  "message.threads": { fields: MessagingThreads; answer: MessagingThreadsPage; refusals: GeneralErrorCode; query: true };
  /** Hears a captain again. What they wrote meanwhile stays unheard. */
  "message.unblock": { fields: MessagingUnblock; answer: MessagingBlockAnswer; refusals: GeneralErrorCode; query: false };
  /** Answers the guard's question. `turn` is the number of the `onboarding.guard_spoke` being answered. */
  "onboarding.answer": { fields: OnboardingAnswerQuestion; answer: OnboardingAnswerHeard; refusals: GeneralErrorCode | "onboarding.expired" | "onboarding.no_question" | "onboarding.wrong_turn"; query: false };
  /** Says which of the offered ships is one's own. The truth, the escape pod, gets its verdict at once. */
  "onboarding.claim": { fields: OnboardingClaim; answer: OnboardingClaimHeard; refusals: GeneralErrorCode | "onboarding.already_claimed" | "onboarding.expired" | "onboarding.not_offered"; query: false };
  /** Takes the reward, exactly once. The credits replace those the captain had. With `nickname_confirmed` the captain takes `nickname_override`, or else the name the guard heard; a name that may not be is no obstacle to the rest. */
  "onboarding.complete": { fields: OnboardingComplete; answer: OnboardingRewarded; refusals: GeneralErrorCode | "onboarding.already_completed" | "onboarding.no_outcome"; query: false };
  /** One's own talks with the guards, the open one included, newest first. */
  "onboarding.history": { fields: OnboardingHistory; answer: OnboardingPasts; refusals: GeneralErrorCode; query: true };
  /** Drops the open talk and begins anew. Guard and ships are drawn three times at most; later restarts meet the last again. */
  "onboarding.restart": { fields: OnboardingRestart; answer: OnboardingOpened; refusals: GeneralErrorCode | "onboarding.already_completed"; query: false };
  /** Meets the guard, or resumes the open talk as it is. Ships and guard are drawn at the first start and never by a later one. */
  "onboarding.start": { fields: OnboardingStart; answer: OnboardingOpened; refusals: GeneralErrorCode | "onboarding.already_completed"; query: false };
  /** A captain's public card; without `player_id` one's own record. */
  "player.get": { fields: PlayerGet; answer: PlayerGot; refusals: GeneralErrorCode; query: true };
  /** Puts a captain and the ship they fly into a sector: docked at a station there, landed on a planet there, or in space. The region is the sector's; `region_id` is for sectors that have none. */
  "player.move": { fields: FlightMove; answer: FlightArrived; refusals: GeneralErrorCode; query: false };
  /** Takes another nickname, at most once in 30 days. The old one is kept from others for as long. */
  "player.set_nickname": { fields: PreferencesSetNickname; answer: PreferencesNamed; refusals: GeneralErrorCode | "nickname.charset" | "nickname.cooldown" | "nickname.length" | "nickname.profanity" | "nickname.taken"; query: false };
  /** Notes that the captain has begun the tutorial that `onboarding.complete` offers; again is no change. The steps are the client's. */
  "player.start_tutorial": { fields: PlayerStartTutorial; answer: PlayerTutorialStarted; refusals: GeneralErrorCode; query: false };
  /** Changes settings by a JSON merge patch per group: `{"audio": {"music": 0.2}}`; null gives back the default. */
  "player.update_settings": { fields: PreferencesUpdateSettings; answer: PreferencesSettings; refusals: GeneralErrorCode; query: false };
  /** All factions, with their rivals and colours. */
  "reputation.factions": { fields: ReputationReadFactions; answer: ReputationFactions; refusals: GeneralErrorCode; query: true };
  /** One standing explained: its latest changes, what the next tier needs, and what rivals make of a gain. */
  "reputation.get": { fields: ReputationGet; answer: ReputationGot; refusals: GeneralErrorCode; query: true };
  /** Every change of the captain's standing with one faction, newest first. */
  "reputation.history": { fields: ReputationReadHistory; answer: ReputationChanges; refusals: GeneralErrorCode; query: true };
  /** The captain's standing with every faction, and what it gives. */
  "reputation.list": { fields: ReputationListStandings; answer: ReputationListed; refusals: GeneralErrorCode; query: true };
  /** Changes a captain's standing by a named `event` or by a bare `delta`: exactly one of the two. Events have their figures here and are throttled: 10 paid ones a faction and UTC day, 100 points a day in all. A delta is trusted. Rivalry, caps and range hold for both. `faction` is needed with a delta, `trade_volume` and `gate_destroyed`; with other events it must be one they concern. `amount` is what `trade_volume` (credits) and `quantum_shards` (shards) count; what does not make a whole point is carried. */
  "reputation.record": { fields: ReputationRecord; answer: ReputationRecorded; refusals: GeneralErrorCode | "reputation.locked"; query: false };
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
  /** Changes a captain's ship; without `ship_id` builds one of `type`, whole and empty, where the captain is. `cargo` says how much there is of the resources it names. A destroyed ship loses its cargo and does not come back. The first ship a captain has is flown at once; a later one with `make_current`. */
  "ship.update": { fields: FlightUpdate; answer: FlightUpdated; refusals: GeneralErrorCode | "treasury.no_cargo_space"; query: false };
  /** Founds a team with the caller as its leader. */
  "team.create": { fields: TeamCreate; answer: TeamAnswer; refusals: GeneralErrorCode | "team.already_member" | "team.cooldown" | "team.name_taken"; query: false };
  /** Turns an invitation down. */
  "team.decline": { fields: InvitationDecline; answer: InvitationOver; refusals: GeneralErrorCode; query: false };
  /** The public teams by name, optionally those whose name or tag holds `query`, or those open to everybody. */
  "team.directory": { fields: TeamDirectory; answer: TeamListed; refusals: GeneralErrorCode; query: true };
  /** Ends the team; for the leader, who gets what credits are left. */
  "team.disband": { fields: LeadingDisband; answer: LeadingEnded; refusals: GeneralErrorCode; query: false };
  /** A team with its members; without `team_id` the caller's own. */
  "team.get": { fields: TeamGet; answer: TeamGot; refusals: GeneralErrorCode; query: true };
  /** The team's talk, newest first; `before` and `after` are message ids. Members see all of it. */
  "team.history": { fields: TeamHistory; answer: TeamLines; refusals: GeneralErrorCode; query: true };
  /** The caller's own invitations; with `team` those of the caller's team, for who may invite. */
  "team.invitations": { fields: InvitationList; answer: Invitations; refusals: GeneralErrorCode; query: true };
  /** Asks a captain (`player_id` or `nickname`) into the caller's team for 7 days, or makes a code for `max_uses` captains (`open`). */
  "team.invite": { fields: InvitationInvite; answer: InvitationAnswer; refusals: GeneralErrorCode | "team.full" | "team.invites_closed"; query: false };
  /** Joins a team: an open one by `team_id`, or one that asked the caller by `invitation_id` or `code`. Exactly one of the three. */
  "team.join": { fields: TeamJoin; answer: TeamAnswer; refusals: GeneralErrorCode | "team.already_member" | "team.closed" | "team.cooldown" | "team.full" | "team.requirements"; query: false };
  /** Puts a lower-ranking member out of the team, at once and on every connection. */
  "team.kick": { fields: TeamKick; answer: TeamKickedOut; refusals: GeneralErrorCode; query: false };
  /** Leaves the team. A leader is succeeded; the last member ends the team and must say `disband_ok`. */
  "team.leave": { fields: TeamLeave; answer: TeamGone; refusals: GeneralErrorCode | "team.last_member"; query: false };
  /** Takes back an invitation of the caller's team; needs the right to invite. */
  "team.revoke_invitation": { fields: InvitationRevoke; answer: InvitationOver; refusals: GeneralErrorCode; query: false };
  /** Says one line to the caller's team. Every member hears `team.said`, the caller too. */
  "team.say": { fields: TeamSay; answer: TeamSaid; refusals: GeneralErrorCode | "muted"; query: false };
  /** Gives a member another role, with exactly its rights; for the leader. To make a leader, transfer. */
  "team.set_role": { fields: LeadingSetRole; answer: LeadingRanked; refusals: GeneralErrorCode; query: false };
  /** Hands the team to a member; the leader becomes an officer. */
  "team.transfer": { fields: LeadingTransfer; answer: TeamAnswer; refusals: GeneralErrorCode; query: false };
  /** Changes what is said of a team and who may join; for leader and officers. What is left out stays; null clears. */
  "team.update": { fields: LeadingUpdate; answer: TeamAnswer; refusals: GeneralErrorCode | "team.name_taken" | "team.too_small"; query: false };
  /** Gives to the team: credits from the wallet, anything else from the hold of the docked or landed ship. */
  "treasury.deposit": { fields: TreasuryDeposit; answer: TreasuryMoved; refusals: GeneralErrorCode | "treasury.not_docked"; query: false };
  /** What the caller's team owns. */
  "treasury.get": { fields: TreasuryGet; answer: TreasuryBalances; refusals: GeneralErrorCode; query: true };
  /** Every movement of the team's treasury, newest first, optionally of one kind or one resource. All members see all of it. */
  "treasury.ledger": { fields: TreasuryReadLedger; answer: TreasuryLedger; refusals: GeneralErrorCode; query: true };
  /** Gives from the team to another member, with the right to. Cargo goes to their ship, which must be docked or landed. */
  "treasury.transfer": { fields: TreasuryTransfer; answer: TreasuryMoved; refusals: GeneralErrorCode | "treasury.daily_limit" | "treasury.no_cargo_space" | "treasury.not_docked"; query: false };
  /** Takes from the team, with the right to: credits to the wallet, anything else to the hold of the docked or landed ship. */
  "treasury.withdraw": { fields: TreasuryWithdraw; answer: TreasuryMoved; refusals: GeneralErrorCode | "treasury.daily_limit" | "treasury.no_cargo_space" | "treasury.not_docked"; query: false };
  /** Regions, sectors, stations and planets. */
  "world": { fields: ServiceReadWorld; answer: ServiceWorld; refusals: GeneralErrorCode; query: true };
}

export type CommandName = keyof Commands;

export interface Events {
  /** One threw letters away; `unread` are left. */
  "message.deleted": MessagingDeleted;
  /** One read letters; `unread` are left. */
  "message.marked_read": MessagingWasRead;
  /** A letter came. `preview` are the first 100 characters; without `sender_id` it is from the game. */
  "message.received": MessagingReceived;
  /** Somebody read letters of one's own. */
  "message.seen": MessagingSeen;
  /** One wrote a letter; for one's other devices. */
  "message.sent": MessagingSent;
  /** A question is answered; the guard thinks. */
  "onboarding.answered": OnboardingAnswered;
  /** A ship is claimed, with these words. */
  "onboarding.claimed": OnboardingClaimed;
  /** The reward is taken, the arrival over. `trade_bonus` is the captain's from now on. */
  "onboarding.completed": OnboardingCompleted;
  /** The guard says line `turn`, and how the answer to the turn before came across. A `final` line is no question. */
  "onboarding.guard_spoke": OnboardingGuardSpoke;
  /** A talk has begun, in place of the one before. */
  "onboarding.started": OnboardingTalkStarted;
  /** The guard has decided. */
  "onboarding.verdict": OnboardingVerdictGiven;
  /** The captain's personal reputation is `new` now, with its tier and the colour of the name. */
  "player.alignment_changed": AlignmentChanged;
  /** ARIA and the captain stand like this now. */
  "player.aria_changed": PlayerAriaChanged;
  /** A ship of the captain's holds this now. */
  "player.cargo_changed": TreasuryCargoChanged;
  /** The captain's credits are this now; `delta` is signed. */
  "player.credits_changed": PlayerCreditsChanged;
  /** The captain is here now: docked where `station_id` is, landed where `planet_id` is, else in space. */
  "player.moved": FlightMoved;
  /** A captain has another nickname. */
  "player.renamed": PreferencesRenamed;
  /** All settings are these now. */
  "player.settings_changed": PreferencesSettingsChanged;
  /** The captain was given this ship, and flies it now. */
  "player.ship_awarded": PlayerShipAwarded;
  /** A ship of the captain's is no more; who flew it flies none. */
  "player.ship_lost": FlightShipLost;
  /** A ship of the captain's is like this now; `current` says whether they fly it. */
  "player.ship_updated": FlightShipUpdated;
  /** The captain's standing with a faction is `new` now, with everything that follows from it. */
  "reputation.changed": ReputationStandingChanged;
  /** The game tells everybody something. */
  "system.announced": ServiceSystemAnnounced;
  /** The team exists. */
  "team.created": TeamCreated;
  /** The team is no more. `payout` credits went to its leader. */
  "team.disbanded": TeamDisbanded;
  /** One is in a team now; its stream begins at `from_seq`, the number of one's own joining. `view` and `treasury` are of then. */
  "team.entered": TeamEntered;
  /** One is out of the team, and hears nothing more of it. */
  "team.exited": TeamExited;
  /** An invitation one had is over. */
  "team.invitation_closed": InvitationClosed;
  /** A team asks one in. */
  "team.invited": InvitationInvited;
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
  /** The team is this now. */
  "team.updated": LeadingUpdated;
  /** The team owns `balance` of a resource now; `amount` is the signed change. `actor_id` is absent when the game itself did it. */
  "treasury.changed": TreasuryChanged;
}

export type EventName = keyof Events;

export interface Signals {
  /** The server speaks first. */
  "hello": SessionHello;
  /** A piece of the guard's line `turn` while a model writes it; `text` begins at character `offset` of the line. Pieces may be lost and the line may be thrown away: what the guard says is in the `onboarding.guard_spoke` of that turn. */
  "onboarding.line_delta": OnboardingLineDelta;
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
  TOO_BIG: 1009;
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
