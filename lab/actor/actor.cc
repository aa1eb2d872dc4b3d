// SPDX-License-Identifier: Apache-2.0
// A process of the lab: does the socket operations it is told, in the thread it is told, and says when each began and
// ended. Driven by lab/actor.ts through standard input and output.
//
//   request:  ID THREAD OPERATION [ARGUMENT ...]      a thread is made when it is first named
//   answer:   ID START_NS END_NS DELAY_NS ok [RESULT]  |  ID START_NS END_NS DELAY_NS ERRNO_NAME
//
// Times are CLOCK_MONOTONIC; the delay is for how much of it the thread wanted a CPU and had none. `--new-netns` gives the process a network namespace of its own, with loopback up; the
// namespace goes when its last process goes, however that ends. The process ends with its standard input.
#include <sched.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include "clock.h"
#include "operations.h"

namespace {

std::mutex output_mutex;

void Perform(const std::string& id, const std::vector<std::string>& words) {
  const long long delay_before_ns = CpuDelayNs();
  const long long start_ns = NowNs();
  const Outcome outcome = RunOperation(words);
  const long long end_ns = NowNs();
  const long long delay_ns = CpuDelayNs() - delay_before_ns;
  const std::lock_guard<std::mutex> lock(output_mutex);
  if (outcome.error) {
    const char* name = strerrorname_np(outcome.error);
    printf("%s %lld %lld %lld %s\n", id.c_str(), start_ns, end_ns, delay_ns, name ? name : "EUNKNOWN");
  } else {
    printf("%s %lld %lld %lld ok %s\n", id.c_str(), start_ns, end_ns, delay_ns, outcome.result.c_str());
  }
  fflush(stdout);
}

/// A thread that performs its requests one after the other.
class Worker {
 public:
  Worker() : thread_([this] { Run(); }) { thread_.detach(); }

  void Push(std::string id, std::vector<std::string> words) {
    const std::lock_guard<std::mutex> lock(mutex_);
    requests_.emplace_back(std::move(id), std::move(words));
    filled_.notify_one();
  }

 private:
  void Run() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      filled_.wait(lock, [this] { return !requests_.empty(); });
      auto [id, words] = std::move(requests_.front());
      requests_.pop_front();
      lock.unlock();
      Perform(id, words);
    }
  }

  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::pair<std::string, std::vector<std::string>>> requests_;
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--new-netns") == 0) {
    if (unshare(CLONE_NEWNET) != 0 || !BringLoopbackUp()) {
      perror("actor: making a network namespace");
      return 1;
    }
  }
  std::map<std::string, std::unique_ptr<Worker>> workers;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream stream(line);
    std::string id, thread, word;
    stream >> id >> thread;
    std::vector<std::string> words;
    while (stream >> word) words.push_back(word);
    // The first thread is this one: its thread id is the process id.
    if (thread == "main") {
      Perform(id, words);
      continue;
    }
    auto& worker = workers[thread];
    if (!worker) worker = std::make_unique<Worker>();
    worker->Push(id, std::move(words));
  }
  _exit(0);
}
