/* The webmail domains that are counted but never checked unless policy.exempt says
 * otherwise.
 *
 * What is on the list: mailboxes for the public in great number, at a domain that the
 * provider runs itself and that its business or brand rests on. What is not: services that
 * were closed, a country's spelling of a brand that hardly anybody uses, forwarding and
 * throw-away services, small providers.
 *
 * Being on it wrongly means that a lapse is never seen; being off it wrongly costs one DNS
 * question a day. So in doubt a domain stays off. */
#include "config/webmail.h"

static const char domains[] =
    /* Google */
    "gmail.com,googlemail.com,"
    /* Microsoft */
    "outlook.com,outlook.at,outlook.be,outlook.co.id,outlook.com.br,outlook.com.tr,"
    "outlook.de,outlook.es,outlook.fr,outlook.it,outlook.jp,outlook.pt,hotmail.com,"
    "hotmail.be,hotmail.co.jp,hotmail.co.uk,hotmail.com.br,hotmail.de,hotmail.es,"
    "hotmail.fr,hotmail.it,hotmail.nl,hotmail.se,live.com,live.be,live.ca,"
    "live.co.uk,live.com.au,live.com.mx,live.de,live.fr,live.it,live.nl,msn.com,"
    "windowslive.com,"
    /* Yahoo, and Yahoo Japan */
    "yahoo.com,yahoo.ca,yahoo.co.id,yahoo.co.in,yahoo.co.jp,yahoo.co.uk,"
    "yahoo.com.ar,yahoo.com.au,yahoo.com.br,yahoo.com.hk,yahoo.com.mx,yahoo.com.ph,"
    "yahoo.com.sg,yahoo.com.tw,yahoo.com.vn,yahoo.de,yahoo.es,yahoo.fr,yahoo.in,"
    "yahoo.it,ymail.com,rocketmail.com,"
    /* AOL */
    "aol.com,aim.com,"
    /* Apple */
    "icloud.com,me.com,mac.com,"
    /* Paid and private mail */
    "proton.me,protonmail.com,protonmail.ch,pm.me,tuta.com,tutanota.com,"
    "tutanota.de,fastmail.com,fastmail.fm,zoho.com,zohomail.com,mailbox.org,"
    "posteo.de,hushmail.com,hey.com,"
    /* Germany, Austria, Switzerland; mail.com is GMX's */
    "gmx.de,gmx.net,gmx.at,gmx.ch,gmx.com,web.de,mail.com,t-online.de,freenet.de,"
    "bluewin.ch,"
    /* France */
    "orange.fr,wanadoo.fr,free.fr,laposte.net,sfr.fr,"
    /* Italy, Portugal */
    "libero.it,virgilio.it,alice.it,tim.it,tiscali.it,sapo.pt,"
    /* Britain, Belgium, the Netherlands */
    "btinternet.com,sky.com,telenet.be,ziggo.nl,"
    /* Poland, Czechia, Hungary, Ukraine */
    "wp.pl,o2.pl,onet.pl,interia.pl,seznam.cz,freemail.hu,ukr.net,"
    /* Russia */
    "mail.ru,inbox.ru,bk.ru,list.ru,internet.ru,yandex.ru,yandex.com,ya.ru,"
    "rambler.ru,"
    /* China */
    "qq.com,foxmail.com,163.com,126.com,yeah.net,sina.com,sohu.com,aliyun.com,"
    "139.com,189.cn,"
    /* Korea, Japan, India */
    "naver.com,daum.net,hanmail.net,kakao.com,docomo.ne.jp,rediffmail.com,"
    /* The Americas */
    "comcast.net,verizon.net,att.net,sbcglobal.net,cox.net,charter.net,"
    "rogers.com,shaw.ca,videotron.ca,uol.com.br,bol.com.br,terra.com.br,"
    /* Australia, New Zealand */
    "bigpond.com,xtra.co.nz";

const char *webmail_domains(void)
{
    return domains;
}
