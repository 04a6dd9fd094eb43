package accounttest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// issuer is an identity provider of IAM.
type issuer struct{ audiences []string }

// AddIssuer makes an identity provider for a host.
func (a *Account) AddIssuer(host string, audiences ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.issuers["arn:aws:iam::"+ID+":oidc-provider/"+host] = &issuer{audiences}
}

// query answers for STS and IAM, which take forms and answer in XML.
func (a *Account) query(w http.ResponseWriter, ctx context.Context, body string) {
	form, err := url.ParseQuery(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	action := form.Get("Action")
	a.do(ctx, action, xmlAnswer{w, action}, func() (any, string) { return a.iam(action, form) })
}

func (a *Account) iam(action string, form url.Values) (any, string) {
	arn := form.Get("OpenIDConnectProviderArn")
	switch action {
	case "GetCallerIdentity":
		return fmt.Sprintf("<Account>%s</Account><Arn>arn:aws:iam::%s:user/test</Arn><UserId>test</UserId>", ID, ID), ""
	case "GetOpenIDConnectProvider":
		p := a.issuers[arn]
		if p == nil {
			return nil, "NoSuchEntity"
		}
		return "<ClientIDList><member>" + strings.Join(p.audiences, "</member><member>") + "</member></ClientIDList>", ""
	case "CreateOpenIDConnectProvider":
		arn = "arn:aws:iam::" + ID + ":oidc-provider/" + strings.TrimPrefix(form.Get("Url"), "https://")
		if a.issuers[arn] != nil {
			return nil, "EntityAlreadyExists"
		}
		a.issuers[arn] = &issuer{[]string{form.Get("ClientIDList.member.1")}}
	case "AddClientIDToOpenIDConnectProvider":
		if a.issuers[arn] == nil {
			return nil, "NoSuchEntity"
		}
		a.issuers[arn].audiences = append(a.issuers[arn].audiences, form.Get("ClientID"))
	default:
		return nil, "InvalidAction"
	}
	a.change("%s", action)
	return "", ""
}

// xmlAnswer is the form of STS and IAM.
type xmlAnswer struct {
	w      http.ResponseWriter
	action string
}

func (x xmlAnswer) right(v any) {
	x.w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(x.w, "<%[1]sResponse><%[1]sResult>%[2]v</%[1]sResult></%[1]sResponse>", x.action, v)
}

func (x xmlAnswer) wrong(code string) {
	x.w.Header().Set("Content-Type", "text/xml")
	x.w.WriteHeader(status(code))
	fmt.Fprintf(x.w, "<ErrorResponse><Error><Code>%s</Code><Message>the test said so</Message></Error></ErrorResponse>", code)
}
