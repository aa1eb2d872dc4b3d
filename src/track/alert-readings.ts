import type { AlertRule } from '../model/alert-rule.ts'
import type { IsWanted, RuleReadings } from './alert-facts.ts'
import { FindingReadings } from './alert-findings.ts'
import { GrowthReadings } from './alert-growth.ts'
import { ConntrackReadings, LossReadings } from './alert-health.ts'
import { StageReadings } from './alert-stages.ts'
import { StateReadings } from './alert-states.ts'

export function readingsOf(rule: AlertRule, isWanted: IsWanted): RuleReadings {
  switch (rule.kind) {
    case 'stage':
      return new StageReadings(rule, isWanted)
    case 'finding':
      return new FindingReadings(rule, isWanted)
    case 'state':
      return new StateReadings(rule, isWanted)
    case 'growth':
      return new GrowthReadings(rule, isWanted)
    case 'loss':
      return new LossReadings(rule)
    case 'conntrack':
      return new ConntrackReadings(rule)
  }
}

/** What a value is held against; one over it is bad. */
export function thresholdOf(rule: AlertRule): number {
  switch (rule.kind) {
    case 'stage':
      return rule.overNs
    case 'conntrack':
      return rule.overShare
    case 'finding':
      // One that is not sure enough is no reading.
      return 0
    case 'state':
    case 'growth':
    case 'loss':
      return rule.over
  }
}
