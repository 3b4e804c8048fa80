// From the manifest's words (our Organization JSON) to the settings of scorm-again's sequencing engine. IMS Simple Sequencing 1.0, SCORM 2004
// 4th edition SN 3. Every value is given, so that no default of the engine's counts.

import { completionThreshold } from "./model.js";

/** @typedef {import("./model.js").Item} Item */

/** An objective without an identifier: the engine needs one, and does not show content one that is blank. */
const NAMELESS = " ";
const ROLLUP_CONDITIONS = { activityProgressKnown: "progressKnown" };

/** What an activity has whose manifest says nothing (SN 3.2 ff.). */
const SILENT = {
  control_mode: { choice: true, choice_exit: true, flow: false, forward_only: false },
  pre_condition_rules: [],
  exit_condition_rules: [],
  post_condition_rules: [],
  limit_conditions: {},
  rollup_rules: [],
  rollup_controls: { objective_satisfied: true, progress_completion: true, objective_measure_weight: 1 },
  rollup_considerations: {},
  constrained_choice: {},
  primary_objective: { identifier: null, satisfied_by_measure: false, min_normalized_measure: 1, maps: [] },
  objectives: [],
  randomization: {},
  delivery_controls: { tracked: true, completion_set_by_content: false, objective_set_by_content: false },
};

/**
 * The engine's tree for an organization.
 * @param {{identifier: string, title: string, items: Item[], sequencing: object|null}} organization
 * @param {string|null} edition
 * @returns {object} ActivitySettings
 */
export function activityTree(organization, edition) {
  const root = { ...organization, children: organization.items };
  const isSilent = !saysAnything(root);
  return activity(root, edition, isSilent);
}

/** Whether a manifest has any sequencing at all; where it has none, learners go through the items in order. */
function saysAnything(item) {
  return Boolean(item.sequencing) || (item.children ?? []).some(saysAnything);
}

function activity(item, edition, isSilent) {
  const said = { ...SILENT, ...item.sequencing };
  const threshold = completionThreshold(item, edition);
  return {
    id: item.identifier,
    title: item.title,
    isVisible: item.is_visible ?? true,
    attemptLimit: said.limit_conditions.attempt_limit ?? null,
    attemptAbsoluteDurationLimit: said.limit_conditions.attempt_absolute_duration_limit ?? null,
    primaryObjective: objective(said.primary_objective, true),
    objectives: said.objectives.map((each) => objective(each, false)),
    sequencingRules: rules(said),
    sequencingControls: controls(said, isSilent),
    rollupRules: { rules: said.rollup_rules.map(rollupRule) },
    rollupConsiderations: considerations(said.rollup_considerations),
    completionThreshold: {
      completedByMeasure: threshold !== null,
      minProgressMeasure: threshold ?? 1,
      progressWeight: item.progress_weight ?? 1,
    },
    hideLmsUi: [...(item.hidden_controls ?? [])],
    sharedDataMaps: (item.shared_data ?? []).map(({ target, may_read, may_write }) => ({
      targetID: target,
      readSharedData: may_read,
      writeSharedData: may_write,
    })),
    ...(item.children?.length ? { children: item.children.map((child) => activity(child, edition, isSilent)) } : {}),
  };
}

function controls(said, isSilent) {
  const { control_mode: mode, randomization, rollup_controls: rollup, delivery_controls: delivery, constrained_choice: choice } = said;
  return {
    enabled: true,
    choice: mode.choice,
    choiceExit: mode.choice_exit,
    flow: isSilent || mode.flow,
    forwardOnly: mode.forward_only,
    useCurrentAttemptObjectiveInfo: mode.use_current_attempt_objective_info ?? true,
    useCurrentAttemptProgressInfo: mode.use_current_attempt_progress_info ?? true,
    preventActivation: choice.prevent_activation ?? false,
    constrainChoice: choice.constrain_choice ?? false,
    rollupObjectiveSatisfied: rollup.objective_satisfied,
    rollupProgressCompletion: rollup.progress_completion,
    objectiveMeasureWeight: rollup.objective_measure_weight,
    selectionTiming: randomization.selection_timing ?? "never",
    selectCount: randomization.select_count ?? null,
    randomizationTiming: randomization.randomization_timing ?? "never",
    randomizeChildren: randomization.reorder_children ?? false,
    tracked: delivery.tracked,
    completionSetByContent: delivery.completion_set_by_content,
    objectiveSetByContent: delivery.objective_set_by_content,
  };
}

function rules(said) {
  return {
    preConditionRules: said.pre_condition_rules.map(rule),
    exitConditionRules: said.exit_condition_rules.map(rule),
    postConditionRules: said.post_condition_rules.map(rule),
  };
}

function rule({ action, combination, conditions }) {
  return {
    action,
    conditionCombination: combination,
    conditions: conditions.map((each) => ({
      condition: each.condition,
      operator: each.operator,
      parameters: { threshold: each.measure_threshold },
      ...(each.referenced_objective ? { referencedObjective: each.referenced_objective } : {}),
    })),
  };
}

function rollupRule(said) {
  return {
    action: said.action,
    conditionCombination: said.combination,
    consideration: said.child_activity_set,
    minimumCount: said.minimum_count,
    minimumPercent: said.minimum_percent * 100, // ours is 0 to 1, as the specification's
    conditions: said.conditions.map(({ condition, operator }) => ({ condition: ROLLUP_CONDITIONS[condition] ?? condition, operator })),
  };
}

function considerations(said) {
  return {
    requiredForSatisfied: said.required_for_satisfied ?? "always",
    requiredForNotSatisfied: said.required_for_not_satisfied ?? "always",
    requiredForCompleted: said.required_for_completed ?? "always",
    requiredForIncomplete: said.required_for_incomplete ?? "always",
    measureSatisfactionIfActive: said.measure_satisfaction_if_active ?? true,
  };
}

function objective(said, isPrimary) {
  return {
    objectiveID: said.identifier || NAMELESS,
    isPrimary,
    satisfiedByMeasure: said.satisfied_by_measure,
    minNormalizedMeasure: said.min_normalized_measure,
    mapInfo: said.maps.map(mapInfo),
  };
}

const MAPPED = ["satisfied_status", "normalized_measure", "raw_score", "min_score", "max_score", "completion_status", "progress_measure"];

function mapInfo(said) {
  const flags = MAPPED.flatMap((what) => ["read", "write"].map((way) => `${way}_${what}`));
  return { targetObjectiveID: said.target, ...Object.fromEntries(flags.map((flag) => [camel(flag), said[flag]])) };
}

const camel = (words) => words.replace(/_(\w)/g, (_all, letter) => letter.toUpperCase());
