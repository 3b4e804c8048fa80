// Where scorm-again's engine (3.4.3) departs from the pseudo-code of SCORM 2004 4th edition SN (appendix C), and results depend on it.
// Each repair stands in for one function of it; tests/browser/test_scorm_player_sequencing*.py show what each is for.

import { Choice } from "./choice.js";
import { rollUpByTheBook } from "./rollup.js";

/**
 * @param {{tree: object, process: object, activities: Map<string, object>}} engine
 * @returns {(id: string) => boolean} whether an activity could be chosen, with the current attempt ended
 */
export function repair(engine) {
  shuffleBeforeEntering(engine);
  countSuspendedAttempts(engine);
  const mayBegin = checkRulesAtDelivery(engine.process);
  measureAll(engine.process.rollupProcess.measureProcessor);
  rollUpByTheBook(engine.process);
  completeByMeasure(engine);
  leaveUntracked(engine);
  believeUnknown(engine);
  joinPrimaryObjective(engine);
  turnBack(engine.process.sequencingProcess.getTraversalService());
  const choice = new Choice(engine);
  return (id) => choice.isOpen(id, mayBegin);
}

/**
 * SR.1 and SR.2: children are selected and shuffled before an attempt enters them. The engine does so once the way through them has been
 * found, so that the first attempt always began with the first child; and it never takes back that a child was not selected.
 */
function shuffleBeforeEntering({ process, activities }) {
  for (const activity of activities.values()) takeOver(activity);
  const flow = process.sequencingProcess.getTraversalService();
  flow.ensureSelectionAndRandomization = (activity) => {
    const { shuffling } = activity;
    const attempt = activity.attemptCount + 1;
    if (!shuffling || activity.isActive || activity.isSuspended || activity._shuffledFor === attempt) return;
    const isFirst = activity._shuffledFor === 0;
    activity._shuffledFor = attempt;
    select(activity, isDue(shuffling.select, isFirst) ? shuffling.count : null);
    if (shuffling.reorders && isDue(shuffling.reorder, isFirst)) shuffle(activity.children);
    activity.setProcessedChildren(activity.children.filter((child) => child.isAvailable));
  };
}

/** Turns the engine's own timing off: what stands in its settings is kept beside. */
function takeOver(activity) {
  activity._shuffledFor = 0;
  const controls = activity.sequencingControls;
  const { selectionTiming: select, selectCount: count, randomizationTiming: reorder, randomizeChildren: reorders } = controls;
  if (select === "never" && (reorder === "never" || !reorders)) return;
  activity.shuffling = { select, count, reorder, reorders };
  controls.randomizationTiming = "never";
  controls.selectionTiming = select === "never" ? "never" : "once";
  controls.selectionCountStatus = true;
}

const isDue = (timing, isFirst) => timing === "onEachNewAttempt" || (timing === "once" && isFirst);

/** @param {object} activity @param {number|null} count of children, in their order; null leaves the selection as it is */
function select(activity, count) {
  if (count === null) return;
  const chosen = new Set(shuffle([...activity.children]).slice(0, count));
  for (const child of activity.children) Object.assign(child, { isAvailable: chosen.has(child), isHiddenFromChoice: !chosen.has(child) });
}

/** Fisher and Yates, in place. */
function shuffle(list) {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
  return list;
}

/** SN 3.4.1: an attempt that may be gone on with counts like any other, except for going on with it after all was suspended. */
function countSuspendedAttempts({ tree, activities }) {
  for (const activity of activities.values()) {
    activity.hasAttemptLimitExceeded = () => {
      const isWaiting = tree.suspendedActivity && activity.isSuspended;
      return activity.attemptLimit !== null && !isWaiting && activity.attemptCount >= activity.attemptLimit;
    };
  }
}

/** UP.5 and UP.1: at delivery, no activity on the way may be disabled; limits count for attempts that begin, not for those going on. */
function checkRulesAtDelivery(process) {
  const { sequencingProcess, deliveryHandler } = process;
  const rules = sequencingProcess.getRuleEngine();
  const flow = sequencingProcess.getTraversalService();
  const limits = rules.checkLimitConditions.bind(rules);
  rules.checkLimitConditions = (activity) => !activity.isActive && limits(activity);
  const mayBegin = (activity, target = activity) => {
    const seen = flow.getActivityForEvaluation(activity, target);
    const disabling = activity.sequencingRules.preConditionRules.filter((rule) => rule.action === "disabled");
    return activity.isAvailable && !rules.checkLimitConditions(seen) && rules.checkSequencingRules(seen, disabling) !== "disabled";
  };
  deliveryHandler.setCheckActivityCallback(mayBegin);
  return (activity) => mayBegin(activity);
}

/** RB.1.1: every tracked child weighs, those without a measure as nought; the engine leaves them out of the mean. */
function measureAll(processor) {
  processor.measureRollupProcess = (activity) => {
    const children = activity.getAvailableChildren().filter((child) => child.sequencingControls.tracked !== false);
    const isKnown = (child) => child.objectiveMeasureStatus && child.objectiveInfoAvailableInCurrentParentAttempt !== false;
    const weight = (child) => child.sequencingControls.objectiveMeasureWeight;
    const total = children.reduce((sum, child) => sum + weight(child), 0);
    const known = children.filter((child) => isKnown(child) && weight(child) > 0);
    activity.objectiveMeasureStatus = total > 0 && known.length > 0;
    if (activity.objectiveMeasureStatus) {
      activity.objectiveNormalizedMeasure = known.reduce((sum, child) => sum + weight(child) * child.objectiveNormalizedMeasure, 0) / total;
    }
    return [];
  };
}

/** CAM 3.4.1.15, 4th edition: where progress decides, it does so too when it comes from a shared objective. */
function completeByMeasure({ activities }) {
  for (const { primaryObjective, completedByMeasure } of activities.values()) {
    if (!primaryObjective || !completedByMeasure) continue;
    const apply = primaryObjective.applyToActivity;
    primaryObjective.applyToActivity = function applyToActivity(activity) {
      const isDone = this.progressMeasure >= activity.minProgressMeasure;
      this.completionStatus = this.progressMeasureStatus ? (isDone ? "completed" : "incomplete") : "unknown";
      apply.call(this, activity); // of whichever view of the activity this is
    };
  }
}

/** SN 3.13.1: nothing is known of an activity that is not tracked; the engine thinks so of objectives only. */
function leaveUntracked({ activities }) {
  const unknown = { completed: () => "unknown", activityProgressKnown: ({ operator }) => operator === "not" };
  for (const { sequencingControls, sequencingRules: rules } of activities.values()) {
    if (sequencingControls.tracked !== false) continue;
    const conditions = [rules.preConditionRules, rules.exitConditionRules, rules.postConditionRules].flat().flatMap((each) => each.conditions);
    for (const each of conditions) if (each.condition in unknown) each.evaluate = () => unknown[each.condition](each);
  }
}

/** UP.4: an activity that says nothing of its completion is completed when it ends; one that says it is unknown has said something. */
function believeUnknown({ process, service }) {
  const { terminationHandler, rollupProcess } = process;
  let isTold = false;
  const end = terminationHandler.endAttempt.bind(terminationHandler);
  terminationHandler.endAttempt = (activity) => {
    const controls = activity.sequencingControls;
    const { completionSetByContent } = controls;
    isTold = activity.isActive && !activity.children.length && tellsCompletion(activity, service.getCMIDataForTransfer());
    controls.completionSetByContent = completionSetByContent || isTold;
    end(activity);
    controls.completionSetByContent = completionSetByContent;
  };
  const share = rollupProcess.syncTerminatedActivityObjectives.bind(rollupProcess);
  rollupProcess.syncTerminatedActivityObjectives = (activity, objectives) => {
    if (isTold && !activity.attemptProgressStatus) activity.completionStatus = "unknown"; // the engine has just made it incomplete
    isTold = false;
    return share(activity, objectives);
  };
}

function tellsCompletion({ primaryObjective }, told) {
  const isTold = ({ completion_status_was_set: wasSet }) => wasSet === true;
  return Boolean(told) && (isTold(told) || told.objectives.some((each) => each.id === primaryObjective?.id && isTold(each)));
}

/** RTE 4.2.17: the entry of the primary objective and the SCO's own status are one; what the SCO says of itself counts. */
function joinPrimaryObjective({ api, tree, service }) {
  const collect = service.getCMIDataForTransfer.bind(service);
  service.getCMIDataForTransfer = () => {
    const told = collect();
    const entry = told.objectives.find(({ id }) => id === tree.currentActivity?.primaryObjective?.id);
    if (entry && told.completion_status_was_set) {
      Object.assign(entry, { completion_status: told.completion_status, completion_status_was_set: true });
    }
    if (entry && api._runtimeSetCMIElements?.has("cmi.progress_measure")) entry.progress_measure = told.progress_measure;
    return told;
  };
}

/** SB.2.1 step 2: on the way back, a cluster that goes forward only is entered at its first child; where none of it can be shown, the way back goes on. */
function turnBack(flow) {
  const forward = flow.traverseForward.bind(flow);
  flow.traverseForward = (from, skipChildren, cluster = null) => {
    const found = forward(from, skipChildren, cluster);
    return found.activity || !cluster ? found : { ...flow.traverseBackward(cluster, true), direction: "backward" };
  };
}
