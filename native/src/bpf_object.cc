// SPDX-License-Identifier: Apache-2.0
#include "bpf_object.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "addon.h"
#include "iterator.h"
#include "libbpf_log.h"
#include "ring.h"
#include "tracepoint.h"

Napi::Function BpfObject::Define(Napi::Env env) {
  return DefineClass(
      env, "BpfObject",
      {InstanceMethod<&BpfObject::Programs>("programs"), InstanceMethod<&BpfObject::Maps>("maps"),
       InstanceMethod<&BpfObject::SetAutoload>("setAutoload"), InstanceMethod<&BpfObject::Spoil>("spoil"),
       InstanceMethod<&BpfObject::SetMapEntries>("setMapEntries"),
       InstanceMethod<&BpfObject::SetMapFlags>("setMapFlags"),
       InstanceMethod<&BpfObject::SetMapAutocreate>("setMapAutocreate"),
       InstanceMethod<&BpfObject::SetVariable>("setVariable"), InstanceMethod<&BpfObject::Load>("load"),
       InstanceMethod<&BpfObject::Attach>("attach"), InstanceMethod<&BpfObject::Detach>("detach"), InstanceMethod<&BpfObject::DetachAll>("detachAll"),
       InstanceMethod<&BpfObject::ProgramInfo>("programInfo"), InstanceMethod<&BpfObject::Lookup>("lookup"),
       InstanceMethod<&BpfObject::LookupInto>("lookupInto"),
       InstanceMethod<&BpfObject::Update>("update"), InstanceMethod<&BpfObject::Remove>("remove"), InstanceMethod<&BpfObject::Entries>("entries"),
       InstanceMethod<&BpfObject::OpenRing>("openRing"), InstanceMethod<&BpfObject::ReadIterator>("readIterator"),
       InstanceMethod<&BpfObject::CloseFromJs>("close")});
}

BpfObject::BpfObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<BpfObject>(info) {
  std::string path = info[0].As<Napi::String>();
  LibbpfLog log;
  object_ = bpf_object__open(path.c_str());
  if (!object_) log.fail(info.Env(), "opening " + path, errno);
}

BpfObject::~BpfObject() { Close(); }

void BpfObject::CloseLinks() {
  // At once: the kernel has each wait until no processor can be in its program any more.
  std::vector<std::thread> threads;
  for (const auto& [program, link] : links_) threads.emplace_back(bpf_link__destroy, link);
  for (std::thread& thread : threads) thread.join();
  links_.clear();
}

void BpfObject::Close() {
  CloseLinks();
  for (Napi::ObjectReference& ring : rings_) {
    Napi::HandleScope scope(ring.Env());
    if (!ring.Value().IsEmpty()) Ring::Unwrap(ring.Value())->Close();
  }
  rings_.clear();
  if (object_) bpf_object__close(object_);
  object_ = nullptr;
}

struct bpf_object* BpfObject::Open(Napi::Env env) const {
  if (!object_) throw Napi::Error::New(env, "the BPF object is closed");
  return object_;
}

struct bpf_program* BpfObject::Program(Napi::Env env, const Napi::Value& name) const {
  std::string text = name.As<Napi::String>();
  struct bpf_program* program = bpf_object__find_program_by_name(Open(env), text.c_str());
  if (!program) throw Napi::RangeError::New(env, "no BPF program " + text);
  return program;
}

struct bpf_map* BpfObject::Map(Napi::Env env, const Napi::Value& name) const {
  std::string text = name.As<Napi::String>();
  struct bpf_map* map = bpf_object__find_map_by_name(Open(env), text.c_str());
  if (!map) throw Napi::RangeError::New(env, "no BPF map " + text);
  return map;
}

Napi::Value BpfObject::Programs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array result = Napi::Array::New(env);
  struct bpf_program* program;
  uint32_t i = 0;
  bpf_object__for_each_program(program, Open(env)) {
    Napi::Object entry = Napi::Object::New(env);
    entry["name"] = Napi::String::New(env, bpf_program__name(program));
    entry["section"] = Napi::String::New(env, bpf_program__section_name(program));
    result[i++] = entry;
  }
  return result;
}

Napi::Value BpfObject::Maps(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array result = Napi::Array::New(env);
  struct bpf_map* map;
  uint32_t i = 0;
  bpf_object__for_each_map(map, Open(env)) {
    Napi::Object entry = Napi::Object::New(env);
    entry["name"] = Napi::String::New(env, bpf_map__name(map));
    entry["type"] = Napi::Number::New(env, bpf_map__type(map));
    entry["keyBytes"] = Napi::Number::New(env, bpf_map__key_size(map));
    entry["valueBytes"] = Napi::Number::New(env, bpf_map__value_size(map));
    entry["maxEntries"] = Napi::Number::New(env, bpf_map__max_entries(map));
    result[i++] = entry;
  }
  return result;
}

Napi::Value BpfObject::SetAutoload(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int failed = bpf_program__set_autoload(Program(env, info[0]), info[1].As<Napi::Boolean>());
  if (failed) throw ErrnoError(env, "choosing the programs to load", -failed);
  return env.Undefined();
}

Napi::Value BpfObject::Spoil(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  // As a socket filter it may use neither its context nor its helpers.
  int failed = bpf_program__set_type(Program(env, info[0]), BPF_PROG_TYPE_SOCKET_FILTER);
  if (failed) throw ErrnoError(env, "spoiling a program", -failed);
  return env.Undefined();
}

Napi::Value BpfObject::SetMapEntries(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int failed = bpf_map__set_max_entries(Map(env, info[0]), info[1].As<Napi::Number>().Uint32Value());
  if (failed) throw ErrnoError(env, "sizing a BPF map", -failed);
  return env.Undefined();
}

Napi::Value BpfObject::SetMapFlags(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int failed = bpf_map__set_map_flags(Map(env, info[0]), info[1].As<Napi::Number>().Uint32Value());
  if (failed) throw ErrnoError(env, "setting the flags of a BPF map", -failed);
  return env.Undefined();
}

Napi::Value BpfObject::SetMapAutocreate(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int failed = bpf_map__set_autocreate(Map(env, info[0]), info[1].As<Napi::Boolean>());
  if (failed) throw ErrnoError(env, "choosing the maps to create", -failed);
  return env.Undefined();
}

Napi::Value BpfObject::SetVariable(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string section = info[0].As<Napi::String>();
  std::string name = info[1].As<Napi::String>();
  auto bytes = info[2].As<Napi::Uint8Array>();
  const struct btf* btf = bpf_object__btf(Open(env));
  int id = btf ? btf__find_by_name_kind(btf, section.c_str(), BTF_KIND_DATASEC) : -ENOENT;
  if (id < 0) throw ErrnoError(env, "finding section " + section, -id);
  const struct btf_type* type = btf__type_by_id(btf, static_cast<__u32>(id));
  const struct btf_var_secinfo* variable = btf_var_secinfos(type);
  for (__u32 i = 0; i < btf_vlen(type); i++, variable++) {
    const struct btf_type* of = btf__type_by_id(btf, variable->type);
    if (name != btf__name_by_offset(btf, of->name_off)) continue;
    if (bytes.ByteLength() != variable->size) throw Napi::RangeError::New(env, "wrong size for variable " + name);
    struct bpf_map* map;
    bpf_object__for_each_map(map, object_) {
      std::string map_name = bpf_map__name(map);
      if (map_name.size() < section.size() || map_name.compare(map_name.size() - section.size(), section.size(), section))
        continue;
      size_t size = 0;
      char* data = static_cast<char*>(const_cast<void*>(bpf_map__initial_value(map, &size)));
      if (!data || variable->offset + variable->size > size) continue;
      memcpy(data + variable->offset, bytes.Data(), variable->size);
      return env.Undefined();
    }
  }
  throw Napi::RangeError::New(env, "no variable " + name + " in " + section);
}

Napi::Value BpfObject::Load(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  LibbpfLog log;
  int failed = bpf_object__load(Open(env));
  if (failed) log.fail(env, "loading the BPF programs", -failed);
  return env.Undefined();
}

Napi::Value BpfObject::Attach(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_program* program = Program(env, info[0]);
  std::string section = bpf_program__section_name(program);
  const std::string classic = "tracepoint/";
  LibbpfLog log;
  struct bpf_link* link;
  if (section.compare(0, classic.size(), classic) == 0) {
    int error = 0;
    Fd event = OpenTracepoint(section.substr(classic.size()), &error);
    if (!event.ok()) throw ErrnoError(env, "opening tracepoint " + section.substr(classic.size()), error);
    link = bpf_program__attach_perf_event(program, event.get());
    if (link) event.release();
  } else {
    link = bpf_program__attach(program);
  }
  if (!link) log.fail(env, "attaching " + section, errno);
  links_[bpf_program__name(program)] = link;
  return env.Undefined();
}

Napi::Value BpfObject::Detach(const Napi::CallbackInfo& info) {
  auto found = links_.find(bpf_program__name(Program(info.Env(), info[0])));
  if (found == links_.end()) return info.Env().Undefined();
  bpf_link__destroy(found->second);
  links_.erase(found);
  return info.Env().Undefined();
}

Napi::Value BpfObject::DetachAll(const Napi::CallbackInfo& info) {
  CloseLinks();
  return info.Env().Undefined();
}

Napi::Value BpfObject::ProgramInfo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_program* program = Program(env, info[0]);
  struct bpf_prog_info details;
  memset(&details, 0, sizeof(details));
  __u32 size = sizeof(details);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &details, &size))
    throw ErrnoError(env, "reading a program's counters", errno);
  Napi::Object result = Napi::Object::New(env);
  result["id"] = Napi::Number::New(env, details.id);
  result["runs"] = Napi::Number::New(env, static_cast<double>(details.run_cnt));
  result["runNs"] = Napi::Number::New(env, static_cast<double>(details.run_time_ns));
  result["missedRuns"] = Napi::Number::New(env, static_cast<double>(details.recursion_misses));
  return result;
}

size_t BpfObject::ValueBytes(const struct bpf_map* map) {
  switch (bpf_map__type(map)) {
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
      return (bpf_map__value_size(map) + 7) / 8 * 8 * static_cast<size_t>(libbpf_num_possible_cpus());
    default:
      return bpf_map__value_size(map);
  }
}

void BpfObject::CheckSizes(Napi::Env env, const struct bpf_map* map, const Napi::Uint8Array& key,
                           const Napi::Uint8Array& value) {
  if (key.ByteLength() != bpf_map__key_size(map) || value.ByteLength() != ValueBytes(map))
    throw Napi::RangeError::New(env, "wrong key or value size");
}

Napi::Value BpfObject::Lookup(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_map* map = Map(env, info[0]);
  auto key = info[1].As<Napi::Uint8Array>();
  if (key.ByteLength() != bpf_map__key_size(map)) throw Napi::RangeError::New(env, "wrong key size");
  auto value = Napi::Buffer<char>::New(env, ValueBytes(map));
  if (bpf_map_lookup_elem(bpf_map__fd(map), key.Data(), value.Data())) {
    if (errno == ENOENT) return env.Undefined();
    throw ErrnoError(env, "reading a BPF map", errno);
  }
  return value;
}

Napi::Value BpfObject::LookupInto(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_map* map = Map(env, info[0]);
  auto key = info[1].As<Napi::Uint8Array>();
  auto value = info[2].As<Napi::Uint8Array>();
  CheckSizes(env, map, key, value);
  const bool found = bpf_map_lookup_elem(bpf_map__fd(map), key.Data(), value.Data()) == 0;
  if (!found && errno != ENOENT) throw ErrnoError(env, "reading a BPF map", errno);
  return Napi::Boolean::New(env, found);
}

Napi::Value BpfObject::Update(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_map* map = Map(env, info[0]);
  auto key = info[1].As<Napi::Uint8Array>();
  auto value = info[2].As<Napi::Uint8Array>();
  CheckSizes(env, map, key, value);
  if (bpf_map_update_elem(bpf_map__fd(map), key.Data(), value.Data(), BPF_ANY))
    throw ErrnoError(env, "writing a BPF map", errno);
  return env.Undefined();
}

Napi::Value BpfObject::Remove(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_map* map = Map(env, info[0]);
  auto key = info[1].As<Napi::Uint8Array>();
  if (key.ByteLength() != bpf_map__key_size(map)) throw Napi::RangeError::New(env, "wrong key size");
  if (bpf_map_delete_elem(bpf_map__fd(map), key.Data()) && errno != ENOENT)
    throw ErrnoError(env, "deleting from a BPF map", errno);
  return env.Undefined();
}

Napi::Value BpfObject::Entries(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  struct bpf_map* map = Map(env, info[0]);
  const size_t key_bytes = bpf_map__key_size(map), value_bytes = ValueBytes(map);
  const int fd = bpf_map__fd(map);
  std::vector<char> keys, values, key(key_bytes), next(key_bytes), value(value_bytes);
  bool first = true;
  // A full round through a map that changes meanwhile may return to its start: bounded by its size.
  for (uint32_t left = bpf_map__max_entries(map); left > 0; left--) {
    if (bpf_map_get_next_key(fd, first ? nullptr : key.data(), next.data())) break;
    first = false;
    key = next;
    if (bpf_map_lookup_elem(fd, key.data(), value.data())) continue;
    keys.insert(keys.end(), key.begin(), key.end());
    values.insert(values.end(), value.begin(), value.end());
  }
  Napi::Object result = Napi::Object::New(env);
  result["count"] = Napi::Number::New(env, static_cast<double>(key_bytes ? keys.size() / key_bytes : 0));
  result["keys"] = Napi::Buffer<char>::Copy(env, keys.data(), keys.size());
  result["values"] = Napi::Buffer<char>::Copy(env, values.data(), values.size());
  return result;
}

Napi::Value BpfObject::OpenRing(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  int fd = bpf_map__fd(Map(env, info[0]));
  Napi::Object ring = env.GetInstanceData<AddonData>()->ring.New({Napi::External<int>::New(env, &fd)});
  rings_.push_back(Napi::Weak(ring));
  return ring;
}

Napi::Value BpfObject::ReadIterator(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  LibbpfLog log;
  struct bpf_link* link = bpf_program__attach_iter(Program(env, info[0]), nullptr);
  if (!link) log.fail(env, "preparing an iterator", errno);
  std::string netns_path = info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : std::string();
  Napi::Promise promise = ::ReadIterator(env, bpf_link__fd(link), std::move(netns_path));
  bpf_link__destroy(link);
  return promise;
}

Napi::Value BpfObject::CloseFromJs(const Napi::CallbackInfo& info) {
  Close();
  return info.Env().Undefined();
}
