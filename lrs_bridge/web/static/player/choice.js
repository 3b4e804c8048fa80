// Choice, step by step as the pseudo-code has it: NB.2.1 step 7, SB.2.4, SB.2.8 and SB.2.9 of SCORM 2004 4th edition SN (appendix C). scorm-again 3.4.3
// decides otherwise: it applies the target's rules before the current activity's attempt has ended, and knows nothing of Stop Forward
// Traversal rules on the way, nor of Constrain Choice as it is defined. Flow, rules, delivery and rollup stay the engine's.

const isIn = (activity, ancestor) => activity === ancestor || (activity !== null && isIn(activity.parent, ancestor));

/** @returns {object[]} from the activity up to, and without, the ancestor */
function upTo(activity, ancestor) {
  return activity === ancestor || !activity ? [] : [activity, ...upTo(activity.parent, ancestor)];
}

function commonAncestor(one, other) {
  return isIn(other, one) ? one : commonAncestor(one.parent, other);
}

/** Whether the one comes before the other in the order of the tree. */
function isBefore(one, other) {
  const above = commonAncestor(one, other);
  const branch = (activity) => upTo(activity, above).at(-1);
  return above.children.indexOf(branch(one)) < above.children.indexOf(branch(other));
}

export class Choice {
  /** @param {{tree: object, process: object}} engine whose choice this is from now on */
  constructor({ tree, process }) {
    this.tree = tree;
    this.sequencing = process.sequencingProcess;
    this.flow = this.sequencing.getTraversalService();
    this.rules = this.sequencing.getRuleEngine();
    process.navigationValidityService.validateChoicePath = (current, target) => this.#navigation(current, target);
    this.sequencing.choiceHandler.handleChoice = (id, current) => this.#request(tree.getActivity(id), current);
  }

  /** NB.2.1 step 7, and for siblings SN 3.2.2, which lets an item hold the learner too: whether the request may end the current activity. */
  #navigation(current, target) {
    if (target.parent && !target.parent.sequencingControls.choice) return { valid: false, exception: "NB.2.1-10" };
    if (!current) return { valid: true, exception: null };
    const held = upTo(current, commonAncestor(current, target)).find((each) => each.isActive && !each.sequencingControls.choiceExit);
    return held ? { valid: false, exception: "NB.2.1-8" } : { valid: true, exception: null };
  }

  /**
   * Whether a choice would be granted if the current attempt had ended, without anything happening.
   * @param {string} id
   * @param {(activity: object) => boolean} mayBegin UP.5
   */
  isOpen(id, mayBegin) {
    const target = this.tree.getActivity(id);
    const { deliveryRequest, targetActivity } = this.#request(target, this.tree.currentActivity);
    return deliveryRequest === "deliver" && upTo(targetActivity, null).every(mayBegin);
  }

  /** SB.2.9 */
  #request(target, current) {
    const exception = target ? this.#refusal(target, current) : "SB.2.9-1";
    if (exception) return answer(null, exception);
    if (!target.children.length) return answer(target, null);
    const flow = this.flow.findFirstDeliverableActivityResult(target, target);
    return flow.deliverable ? answer(flow.identifiedActivity, null) : answer(null, "SB.2.9-9");
  }

  #refusal(target, current) {
    for (const each of upTo(target, null).reverse()) {
      if (each.parent && !each.parent.getAvailableChildren().includes(each)) return "SB.2.9-2";
      if (this.#says(each, "hiddenFromChoice")) return "SB.2.9-3";
    }
    if (target.parent && !target.parent.sequencingControls.choice) return "SB.2.9-4";
    if (target === current) return null;
    if (current && current.parent === target.parent) return this.#amongSiblings(current, target);
    const above = current ? commonAncestor(current, target) : this.tree.root;
    if (!current || above === current) return this.#down(above, target);
    const held = this.#held(current, above, target);
    if (held || above === target) return held;
    return isBefore(current, target) ? this.#down(above, target) : this.#activates(above, target);
  }

  /** SB.2.9 step 8: every activity on the way, the current one included, has to let pass. */
  #amongSiblings(current, target) {
    const siblings = target.parent.getAvailableChildren();
    const [from, to] = [siblings.indexOf(current), siblings.indexOf(target)];
    if (to < from) return target.parent.sequencingControls.forwardOnly ? "SB.2.4-2" : null;
    return siblings.slice(Math.max(from, 0), to).some((each) => this.#stops(each)) ? "SB.2.4-1" : null;
  }

  /** SB.2.9 steps 9 and 11: down from the common ancestor to the target. */
  #down(above, target) {
    const path = [above, ...upTo(target, above).reverse()].slice(0, -1);
    if (path.some((each) => this.#stops(each) || this.#isBeyondStop(each, target))) return "SB.2.4-1";
    return this.#activates(above, target);
  }

  /** Whether a child of the activity that lies before the way to the target stops everything behind it (SN 3.4.3). */
  #isBeyondStop(activity, target) {
    const children = activity.getAvailableChildren();
    const branch = children.findIndex((child) => isIn(target, child));
    const current = children.findIndex((child) => this.tree.currentActivity && isIn(this.tree.currentActivity, child));
    return children.slice(Math.max(current, 0), branch).some((each) => this.#stops(each));
  }

  /** An activity that prevents its activation can't be entered from outside (SN 3.3). */
  #activates(above, target) {
    const path = upTo(target, above).slice(1);
    return path.some((each) => !each.isActive && each.sequencingControls.preventActivation) ? "SB.2.9-6" : null;
  }

  /** SB.2.9 steps 10 and 11: what keeps the learner in the cluster where he is. */
  #held(current, above, target) {
    const path = upTo(current, above).slice(1);
    if (path.some((each) => !each.sequencingControls.choiceExit)) return "SB.2.9-7";
    if (above === target) return null;
    const constrained = path.find((each) => each.sequencingControls.constrainChoice);
    return constrained && !this.#isNear(constrained, target) ? "SB.2.9-8" : null;
  }

  /** SB.2.8, the Choice Flow Subprocess: the next activity in the target's direction, or what is in it. */
  #isNear(constrained, target) {
    const step = isBefore(constrained, target) ? 1 : -1;
    let here = constrained;
    while (here.parent) {
      const siblings = here.parent.getAvailableChildren();
      const beside = siblings[siblings.indexOf(here) + step];
      if (beside) return isIn(target, beside) || isIn(target, constrained);
      here = here.parent;
    }
    return isIn(target, constrained);
  }

  #stops(activity) {
    return this.#says(activity, "stopForwardTraversal");
  }

  #says(activity, action) {
    const rules = activity.sequencingRules.preConditionRules.filter((rule) => rule.action === action);
    return rules.length > 0 && this.rules.checkSequencingRules(this.flow.getActivityForEvaluation(activity), rules) === action;
  }
}

function answer(activity, exception) {
  return { deliveryRequest: activity ? "deliver" : "doNotDeliver", targetActivity: activity, exception, endSequencingSession: false };
}
