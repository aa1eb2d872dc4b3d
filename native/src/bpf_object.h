// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <map>
#include <string>
#include <vector>

/// One BPF object: opened, configured, loaded, attached, read, closed. Knows no event and no program of wirelag's.
///
/// Lifetime: `close()` detaches every program and frees every map; so does the end of the process, in whatever way, as
/// nothing is pinned. Methods throw an Error after that. Used on the JavaScript thread only. The methods and their
/// types stand in src/kernel/native.ts.
class BpfObject : public Napi::ObjectWrap<BpfObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit BpfObject(const Napi::CallbackInfo& info);
  ~BpfObject() override;

 private:
  Napi::Value Programs(const Napi::CallbackInfo& info);
  Napi::Value Maps(const Napi::CallbackInfo& info);
  Napi::Value SetAutoload(const Napi::CallbackInfo& info);
  Napi::Value Spoil(const Napi::CallbackInfo& info);
  Napi::Value SetMapEntries(const Napi::CallbackInfo& info);
  Napi::Value SetMapFlags(const Napi::CallbackInfo& info);
  Napi::Value SetMapAutocreate(const Napi::CallbackInfo& info);
  Napi::Value SetVariable(const Napi::CallbackInfo& info);
  Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value Attach(const Napi::CallbackInfo& info);
  Napi::Value Detach(const Napi::CallbackInfo& info);
  Napi::Value DetachAll(const Napi::CallbackInfo& info);
  Napi::Value ProgramInfo(const Napi::CallbackInfo& info);
  Napi::Value Lookup(const Napi::CallbackInfo& info);
  Napi::Value LookupInto(const Napi::CallbackInfo& info);
  Napi::Value Update(const Napi::CallbackInfo& info);
  Napi::Value Remove(const Napi::CallbackInfo& info);
  Napi::Value Entries(const Napi::CallbackInfo& info);
  Napi::Value OpenRing(const Napi::CallbackInfo& info);
  Napi::Value ReadIterator(const Napi::CallbackInfo& info);
  Napi::Value CloseFromJs(const Napi::CallbackInfo& info);

  void Close();
  void CloseLinks();
  struct bpf_object* Open(Napi::Env env) const;
  struct bpf_program* Program(Napi::Env env, const Napi::Value& name) const;
  struct bpf_map* Map(Napi::Env env, const Napi::Value& name) const;
  /// Bytes of one value as the system call wants it: of a per-CPU map, a part for each possible CPU.
  static size_t ValueBytes(const struct bpf_map* map);
  static void CheckSizes(Napi::Env env, const struct bpf_map* map, const Napi::Uint8Array& key,
                         const Napi::Uint8Array& value);

  struct bpf_object* object_ = nullptr;
  std::map<std::string, struct bpf_link*> links_;  // by program
  std::vector<Napi::ObjectReference> rings_;
};
