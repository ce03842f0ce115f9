// Command wasm is the page's simulator: it runs scenes, holds the place in them and draws the stage, in one WebAssembly
// program without a server.
//
// A session is all of it but the browser: intents come in as JSON, the state goes out as JSON, and it can be tested on
// any machine. Only main_js.go knows that there is a page. Nothing here sends anything anywhere.
//
//	s := newSession()
//	s.perform(intent{Type: "open", Scene: "kudu-3266"})
//	s.perform(intent{Type: "step"})
//	s.state().Caption
package main
