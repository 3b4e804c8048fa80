// Where scorm-again's engine (3.4.3) departs from the pseudo-code of SCORM 2004 4th edition SN (appendix C), and results depend on it.
// Each repair stands in for one function of it; tests/browser/test_scorm_player_sequencing*.py show what each is for.

import { Choice } from "./choice.js";

/** @param {{tree: object, process: object, activities: Map<string, object>}} engine */
export function repair(engine) {
  for (const activity of engine.activities.values()) selectAnew(activity);
  checkRulesAtDelivery(engine.process);
  measureAll(engine.process.rollupProcess.measureProcessor);
  new Choice(engine);
}

/** SR.1: the engine never takes back that a child was not selected; a new attempt selects among all again. */
function selectAnew(activity) {
  if (activity.sequencingControls.selectionTiming !== "onEachNewAttempt") return;
  const begin = activity.initializeTrackingForNewAttempt.bind(activity);
  activity.initializeTrackingForNewAttempt = () => {
    for (const child of activity.children) Object.assign(child, { isAvailable: true, isHiddenFromChoice: false });
    begin();
  };
}

/** UP.5 and UP.1: at delivery, no activity on the way may be disabled; limits count for attempts that begin, not for those going on. */
function checkRulesAtDelivery(process) {
  const { sequencingProcess, deliveryHandler } = process;
  const rules = sequencingProcess.getRuleEngine();
  const flow = sequencingProcess.getTraversalService();
  const limits = rules.checkLimitConditions.bind(rules);
  rules.checkLimitConditions = (activity) => !activity.isActive && limits(activity);
  deliveryHandler.setCheckActivityCallback((activity, target) => {
    const seen = flow.getActivityForEvaluation(activity, target);
    const disabling = activity.sequencingRules.preConditionRules.filter((rule) => rule.action === "disabled");
    return activity.isAvailable && !rules.checkLimitConditions(seen) && rules.checkSequencingRules(seen, disabling) !== "disabled";
  });
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
