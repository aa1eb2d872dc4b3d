// SPDX-License-Identifier: Apache-2.0
#include "script.h"

Script ParseScript(const std::vector<std::string>& words, size_t from) {
  Script script(1);
  for (size_t i = from; i < words.size(); i++) {
    if (words[i] == ";") script.emplace_back();
    else script.back().push_back(words[i]);
  }
  return script;
}

Outcome RunScript(const Script& script) {
  Outcome outcome;
  for (const auto& operation : script) {
    outcome = RunOperation(operation);
    if (outcome.error) break;
  }
  return outcome;
}

Outcome RepeatScript(const Script& script, long count) {
  for (long done = 0; count == 0 || done < count; done++) {
    const Outcome outcome = RunScript(script);
    if (outcome.error) return outcome;
  }
  return {0, std::to_string(count)};
}
