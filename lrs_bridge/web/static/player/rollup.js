// Rollup of objectives and by rules, step by step as the pseudo-code has it: RB.1.2, RB.1.4, RB.1.4.1 and RB.1.4.2 of SCORM 2004 4th edition SN
// (appendix C). scorm-again 3.4.3 takes what is not known for false, so that a "none" or a "not" holds before anything has happened; goes by the
// default where rules don't apply; and for "if not skipped" asks whether the way led past the child, not whether its rule says so now.

const UNKNOWN = null;
const OBJECTIVE_ACTIONS = ["satisfied", "notSatisfied"];

const capitalised = (word) => word[0].toUpperCase() + word.slice(1);

/** @param {object} process the engine's, whose rollup rules these are from now on */
export function rollUpByTheBook({ rollupProcess, sequencingProcess }) {
  const { childFilter, ruleEvaluator, objectiveProcessor } = rollupProcess;
  const isSkipped = (child) => {
    const rules = child.sequencingRules.preConditionRules.filter(({ action }) => action === "skip");
    return sequencingProcess.getRuleEngine().checkSequencingRules(child, rules) === "skip";
  };
  childFilter.checkChildForRollupSubprocess = (child, type, action) => contributes(child, type, action, isSkipped);
  ruleEvaluator.evaluateRollupRule = (activity, rule) => {
    const type = OBJECTIVE_ACTIONS.includes(rule.action) ? "objective" : "progress";
    const children = activity.getAvailableChildren().filter((child) => contributes(child, type, rule.action, isSkipped));
    return applies(rule, children.map((child) => outcome(rule, child)));
  };
  objectiveProcessor.objectiveRollupProcess = (activity) => {
    const isSatisfied = satisfaction(objectiveProcessor, activity);
    if (isSatisfied === UNKNOWN) return;
    activity.objectiveSatisfiedStatus = isSatisfied;
    objectiveProcessor.syncPrimaryObjectiveFromActivity(activity);
  };
  const rollUp = rollupProcess.overallRollupProcess.bind(rollupProcess); // begins above what it is given
  rollupProcess.overallRollupProcess = (activity, objectives) => rollUp(hasEnded(activity) ? { parent: activity } : activity, objectives);
}

/** RB.1.5 is of the whole path, and begins with the cluster whose attempt has just ended (UP.4). */
const hasEnded = (activity) => activity.children.length > 0 && !activity.isActive;

/** RB.1.2: by measure, or by rules, or by the default; where the one that counts doesn't say, all stays as it is. */
function satisfaction(processor, activity) {
  const { rules } = activity.rollupRules;
  if (activity.primaryObjective?.satisfiedByMeasure) {
    const isTooEarly = activity.isActive && !activity.rollupConsiderations.measureSatisfactionIfActive;
    return isTooEarly ? UNKNOWN : processor.objectiveRollupUsingMeasure(activity);
  }
  const hasRules = rules.some(({ action }) => OBJECTIVE_ACTIONS.includes(action));
  return hasRules ? processor.objectiveRollupUsingRules(activity, rules) : processor.objectiveRollupUsingDefault(activity);
}

/** RB.1.4.2 */
function contributes(child, type, action, isSkipped) {
  const controls = child.sequencingControls;
  if (controls.tracked === false || !child.isAvailable) return false;
  if (type === "progress" ? !controls.rollupProgressCompletion : !controls.rollupObjectiveSatisfied) return false;
  if (type === "measure") return child.objectiveInfoAvailableInCurrentParentAttempt !== false;
  const hasBegun = child.attemptCount > 0;
  const excluded = {
    ifNotSuspended: () => !hasBegun || child.isSuspended,
    ifAttempted: () => !hasBegun,
    ifNotSkipped: () => isSkipped(child),
  }[action && child[`requiredFor${capitalised(action)}`]];
  return !excluded?.();
}

/** RB.1.4: true, false and unknown, of each child that contributes; an empty list has no child that is otherwise. */
function applies({ consideration, minimumCount, minimumPercent }, outcomes) {
  const held = outcomes.filter((each) => each === true).length;
  const isEnough = {
    all: () => held === outcomes.length,
    any: () => held > 0,
    none: () => outcomes.every((each) => each === false),
    atLeastCount: () => held >= minimumCount,
    atLeastPercent: () => outcomes.length > 0 && (held / outcomes.length) * 100 >= minimumPercent,
  };
  return isEnough[consideration]();
}

/** RB.1.4.1 */
function outcome({ conditions, conditionCombination }, child) {
  const values = conditions.map((condition) => valueOf(condition, child));
  const deciding = conditionCombination !== "all";
  if (values.includes(deciding)) return deciding;
  return values.includes(UNKNOWN) ? UNKNOWN : !deciding;
}

function valueOf(condition, child) {
  const status = {
    satisfied: () => (isCurrent(child, "objective") && child.objectiveSatisfiedStatusKnown ? child.objectiveSatisfiedStatus : UNKNOWN),
    completed: () => (isCurrent(child, "progress") && child.completionStatus !== "unknown" ? child.completionStatus === "completed" : UNKNOWN),
  }[condition.condition];
  if (!status) return condition.evaluate(child);
  const value = status();
  return condition.operator === "not" && value !== UNKNOWN ? !value : value;
}

/** Whether what is known of the child is of the parent's present attempt (useCurrentAttempt…Info). */
const isCurrent = (child, what) => child[`${what}InfoAvailableInCurrentParentAttempt`] !== false;
