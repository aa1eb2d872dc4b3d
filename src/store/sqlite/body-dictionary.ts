/**
 * What bodies of records often hold, the most frequent last. What is packed with it can only be unpacked with it: a better one is
 * one more, with a number of its own (`packing` in body-text.ts).
 */
const texts = [
  '"evidence":[""],"sentence":"","confirm":"wirelag ","advice":"","culprit":null,"cause":"","confidence":0.9,"weight":1,',
  '"syncookiesSent":0,"listenOverflows":0,"listenDrops":0,"retransSegs":0,"inSegs":0,"outSegs":0,"activeOpens":0,',
  '"portRange":{"low":32768,"high":60999,"reserved":0},"tcpMaxSynBacklog":1024,"somaxconn":4096,"tcpMaxTwBuckets":65536,',
  '"sockstat":{"inuse":0,"timeWait":0},"conntrack":{"count":0,"max":262144,"counters":null},"syncookies":"overflow",',
  '"span":"request","wallNs":0,"stagesNs":{"connect":0,"synRetry":0,"acceptQueue":0,"application":0,"send":0,"sendBlocked":0,',
  '"receiverLimited":0,"wire":0,"rto":0,"receiveQueue":0,"cpuWait":0,"closing":0,"unexplained":0},"synRetries":0,"timeouts":0}',
  '"history":{"kind":"history","trigger":"slow","events":[{"timeNs":0,"what":"receive","durationNs":null,"bytes":0,"detail":""},',
  '{"id":"","unixNs":{"$bigint":"18"},"connectionId":0,"sample":{"timeNs":0,"what":"pickup","latencyNs":0,"isLowerBound":false,',
  '"task":{"reader":{"firstNs":0,"longestNs":0,"waitedNs":0,"ranNs":0,"throttledNs":0,"opened":0,"closed":0,"lifeNs":0,',
  '{"spanNs":10000000000,"steps":1,"slowNs":20000000,"idleShare":0.9,"unseen":[],"books":[{"signal":"pickup","attempted":0,',
  '"delivered":0,"lost":0,"filtered":0,"invalid":0}],"series":[],"leftOut":{}}"socket":{"local":{"address":"10.0.0.1","port":',
  '},"peer":{"address":"172.17.0.2","port":443},"ipVersion":4,"netns":4026531840}',
  '{"netns":4026531840,"owner":{"pid":1000,"tid":1000,"uid":0,"comm":"node","processStartNs":0,"source":"syscall","cgroupId":',
  '"identity":{"container":{"runtime":"docker","id":"","name":"","image":"","compose":{"project":"","service":""},"pod":null},',
  '"pod":{"uid":"","name":"","namespace":"default","workload":""},"unit":"system.slice/kubepods.slice/containerd.service",',
  '"unit":null,"service":"","cgroupPath":"/system.slice/docker-.scope"}},"states":[{"state":"TIME_WAIT","before":0,"now":0,',
  '"peer":null},{"state":"ESTABLISHED","before":0,"now":0,"greatest":0,"peer":null},{"state":"LISTEN","before":1,"now":1,"peer":null},',
  '{"state":"CLOSE_WAIT","before":0,"now":0,"peer":null}]}',
  '{"process":[1000,0,"node",0,{"service":"","unit":"","cgroup":"/system.slice/docker-.scope","container":{"runtime":"docker",',
  '"id":"","name":"","image":"","compose":["",""]}}],"protocol":"udp","role":"server","role":"any"',
  '"protocol":"tcp","role":"client","peer":"10.0.0.","port":443,"netns":4026531840,"counts":{"sentBytes":0,"sendBlockedNs":0,',
  '"wouldBlocks":0,"zeroWindows":0,"resetsSent":0,"resetsReceived":0,"failures":0,"drops":0,"stallNs":0},',
  '"retransmits":{"syn":0,"syn-ack":0,"rto":0,"fast":0,"tlp":0},"rttUs":100,"minRttUs":10,',
  '"stages":{"handshake":[0,0],"acceptQueue":[0,0],"send":[0,0,1,1,1,1,1,2,1,1,3,1,2,1,1,1],"pickup":[0,0,1,1,1,2,1,1,1,1,1]}}',
]

export const bodyDictionary: Uint8Array = new TextEncoder().encode(texts.join(''))
